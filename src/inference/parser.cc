#include "inference/parser.h"

#include "json/text.h"

namespace fairway::inference {
namespace {

using json::Cursor;
using json::Kind;

// The decoded form of a raw string: itself, or built in `scratch` if it has escapes. False if an
// escape is malformed.
bool Decode(std::string_view raw, std::string& scratch, std::string_view& decoded) {
  decoded = raw;
  if (raw.find('\\') == std::string_view::npos) return true;
  scratch.clear();
  const bool well_formed = json::Unescape(raw, scratch);
  decoded = scratch;
  return well_formed;
}

// Reads a string into `decoded`; anything else is skipped and leaves it empty.
void ReadOptionalString(Cursor& at, std::string& scratch, std::string_view& decoded) {
  decoded = {};
  if (at.kind() != Kind::kString) {
    at.Skip();
  } else if (!Decode(at.String(), scratch, decoded)) {
    decoded = {};
  }
}

// A whole number of 0 or more; anything else is skipped: the engine will say what is wrong with it.
std::optional<uint64_t> ReadCount(Cursor& at) {
  const bool number = at.kind() == Kind::kNumber;
  const std::string_view raw = at.Skip();
  const std::optional<int64_t> value = number ? json::ToInt(raw) : std::nullopt;
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

}  // namespace

base::Result<ParsedRequest> Parser::Parse(Api api, std::string_view body) {
  request_ = {};
  request_.api = api;
  error_param_ = {};
  model_seen_ = false;
  tools_ = {};
  ForgetPrompt();
  base::Status status = Read(body);
  index_.Trim();
  if (!status.ok()) return status;
  SetPrompt();
  return request_;
}

base::Status Parser::Invalid(std::string_view param, std::string_view what) {
  error_param_ = param;
  std::string message;
  message.append("'").append(param).append("' ").append(what);
  return {base::Code::kInvalid, std::move(message)};
}

base::Status Parser::Read(std::string_view body) {
  constexpr std::string_view kContext = "the request body is not valid JSON";
  if (const base::Status status = index_.Scan(body); !status.ok()) return status.Within(kContext);
  Cursor at(index_);
  if (at.kind() != Kind::kObject) {
    at.Skip();
    TRY_STATUS(at.Finish().Within(kContext));
    return {base::Code::kInvalid, "the request body must be a JSON object"};
  }
  std::string_view raw_key;
  for (at.EnterObject(); at.NextMember(raw_key);) {
    std::string_view key;
    if (!Decode(raw_key, key_, key)) key = {};  // malformed: no key of ours
    TRY_STATUS(ReadMember(at, key));
  }
  return at.Finish().Within(kContext);
}

base::Status Parser::ReadMember(Cursor& at, std::string_view key) {
  const bool chat = request_.api == Api::kChatCompletions;
  if (key == "model") return ReadModel(at);
  if (key == "stream") {
    if (at.kind() != Kind::kBool && at.kind() != Kind::kNull) {
      return Invalid("stream", "must be true or false");
    }
    request_.stream = at.Scalar() == "true";
  } else if (key == "messages" && chat) {
    ReadMessages(at);
  } else if (key == "prompt" && request_.api == Api::kCompletions) {
    ReadPrompt(at);
  } else if (key == "tools" && chat) {
    tools_ = at.kind() == Kind::kArray ? at.Skip() : (at.Skip(), std::string_view());
  } else if (key == "max_tokens") {
    const std::optional<uint64_t> tokens = ReadCount(at);
    if (!request_.max_output_tokens) request_.max_output_tokens = tokens;
  } else if (key == "max_completion_tokens" && chat) {
    const std::optional<uint64_t> tokens = ReadCount(at);
    if (tokens) request_.max_output_tokens = tokens;
  } else if (key == "n") {
    request_.choices = ReadCount(at).value_or(1);
  } else if (key == "stream_options") {
    ReadStreamOptions(at);
  } else if (key == "user") {
    ReadOptionalString(at, user_, request_.user);
  } else if (key == "cache_salt") {
    ReadOptionalString(at, cache_salt_, request_.cache_salt);
  } else {
    at.Skip();
  }
  return {};
}

base::Status Parser::ReadModel(Cursor& at) {
  // Engines take the last of two, other readers the first: routed by one and served by the other.
  if (model_seen_) return Invalid("model", "is given more than once");
  model_seen_ = true;
  if (at.kind() == Kind::kNull) {
    at.Scalar();
    return {};
  }
  if (at.kind() != Kind::kString) return Invalid("model", "must be a string");
  const size_t offset = at.offset();
  const std::string_view raw = at.String();
  if (!Decode(raw, model_, request_.model)) return Invalid("model", "holds a malformed escape");
  request_.model_range = {offset, raw.size() + 2};
  request_.has_model = true;
  return {};
}

void Parser::ReadStreamOptions(Cursor& at) {
  request_.include_usage = false;
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  std::string_view key;
  for (at.EnterObject(); at.NextMember(key);) {
    const std::string_view value = at.Skip();
    if (json::RawEquals(key, "include_usage")) request_.include_usage = value == "true";
  }
}

void Parser::ReadMessages(Cursor& at) {
  ForgetPrompt();
  if (at.kind() != Kind::kArray) {
    at.Skip();
    return;
  }
  for (at.EnterArray(); at.NextElement();) ReadMessage(at);
}

void Parser::ReadMessage(Cursor& at) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  std::string_view key;
  for (at.EnterObject(); at.NextMember(key);) {
    if (key == "content") {
      ReadContent(at);
    } else if (key == "role" && at.kind() == Kind::kString) {
      AddText(PieceKind::kRole, at.String());
    } else if (key == "tool_calls") {
      AddText(PieceKind::kJson, at.Skip());
    } else {
      at.Skip();
    }
  }
}

void Parser::ReadContent(Cursor& at) {
  if (at.kind() == Kind::kString) {
    AddText(PieceKind::kText, at.String());
  } else if (at.kind() == Kind::kArray) {
    for (at.EnterArray(); at.NextElement();) ReadPart(at);
  } else {
    at.Skip();
  }
}

void Parser::ReadPart(Cursor& at) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  Cursor inside = at;
  const std::string_view whole = at.Skip();
  if (at.failed()) return;
  std::string_view text;
  bool has_text = false;
  std::string_view key;
  for (inside.EnterObject(); inside.NextMember(key);) {
    if (key == "text" && inside.kind() == Kind::kString) {
      text = inside.String();
      has_text = true;
    } else {
      inside.Skip();
    }
  }
  if (has_text) {
    AddText(PieceKind::kText, text);
  } else {
    Add(PieceKind::kJson, whole, kTokensPerMedium);
  }
}

void Parser::ReadPrompt(Cursor& at) {
  ForgetPrompt();
  if (at.kind() == Kind::kString) {
    AddText(PieceKind::kText, at.String());
  } else if (at.kind() == Kind::kArray) {
    Cursor first = at;
    first.EnterArray();
    if (first.NextElement() && first.kind() == Kind::kNumber) {
      ReadTokenIds(at);
    } else {
      ReadPrompts(at);
    }
  } else {
    at.Skip();
  }
}

void Parser::ReadPrompts(Cursor& at) {
  for (at.EnterArray(); at.NextElement();) {
    if (at.kind() == Kind::kString) {
      AddText(PieceKind::kText, at.String());
    } else if (at.kind() == Kind::kArray) {
      ReadTokenIds(at);
    } else {
      at.Skip();
    }
  }
}

void Parser::ReadTokenIds(Cursor& at) {
  const uint32_t before = at.token();
  const std::string_view raw = at.Skip();
  if (at.failed()) return;
  // A flat array of m numbers is 2m + 1 tokens: m numbers, m - 1 commas, two brackets.
  Add(PieceKind::kTokenIds, raw, (at.token() - before - 1) / 2);
}

void Parser::AddText(PieceKind kind, std::string_view raw) {
  text_bytes_ += raw.size();
  Add(kind, raw, 0);
}

void Parser::Add(PieceKind kind, std::string_view raw, uint64_t tokens) {
  request_.prompt_bytes += raw.size();
  other_tokens_ += tokens;
  if (pieces_.size() <= kMaxPieces) pieces_.push_back({kind, raw});
}

void Parser::ForgetPrompt() {
  pieces_.resize(1);
  request_.prompt_bytes = 0;
  text_bytes_ = 0;
  other_tokens_ = 0;
}

void Parser::SetPrompt() {
  request_.prompt = pieces_;
  if (tools_.empty()) {
    request_.prompt = request_.prompt.subspan(1);
  } else {
    pieces_[0] = {PieceKind::kJson, tools_};
    request_.prompt_bytes += tools_.size();
    text_bytes_ += tools_.size();
  }
  request_.estimated_prompt_tokens = text_bytes_ / kBytesPerToken + other_tokens_;
}

}  // namespace fairway::inference
