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
  prompt_.Reset();
  base::Status status = Read(body);
  index_.Trim();
  if (!status.ok()) return status;
  prompt_.Finish(request_);
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
  if (key == "model") return ReadModel(at);
  if (request_.api == Api::kNone) {
    at.Skip();
    return {};
  }
  if (key == "stream") {
    if (at.kind() != Kind::kBool && at.kind() != Kind::kNull) {
      return Invalid("stream", "must be true or false");
    }
    request_.stream = at.Scalar() == "true";
    return {};
  }
  if (!ReadPromptMember(at, key) && !ReadOutputLimit(at, key) && !ReadOption(at, key)) at.Skip();
  return {};
}

// What of the body is prompt, by API. False if it is none.
bool Parser::ReadPromptMember(Cursor& at, std::string_view key) {
  const Api api = request_.api;
  const bool messages =
      api == Api::kChatCompletions || api == Api::kMessages || api == Api::kCountTokens;
  if (key == "messages" && (messages || api == Api::kEmbeddings)) {
    prompt_.ReadMessages(at);
  } else if (key == "tools" && (messages || api == Api::kResponses)) {
    prompt_.ReadTools(at);
  } else if ((key == "system" && messages && api != Api::kChatCompletions) ||
             (key == "instructions" && api == Api::kResponses)) {
    prompt_.ReadSystem(at);
  } else if (key == "input" && api == Api::kResponses) {
    if (at.kind() == Kind::kArray) {
      prompt_.ReadMessages(at);
    } else {
      prompt_.ReadPrompt(at);
    }
  } else if ((key == "prompt" && (api == Api::kCompletions || api == Api::kImages)) ||
             (key == "input" && (api == Api::kEmbeddings || api == Api::kAudio))) {
    prompt_.ReadPrompt(at);
  } else if ((api == Api::kRerank || api == Api::kScore) &&
             (key == "query" || key == "documents" || key == "text_1" || key == "text_2" ||
              key == "queries" || key == "items" || key == "data_1" || key == "data_2")) {
    prompt_.ReadText(at);
  } else {
    return false;
  }
  return true;
}

bool Parser::ReadOutputLimit(Cursor& at, std::string_view key) {
  const Api api = request_.api;
  if (key == "max_tokens") {
    const std::optional<uint64_t> tokens = ReadCount(at);
    if (!request_.max_output_tokens) request_.max_output_tokens = tokens;
    return true;
  }
  if (!(key == "max_completion_tokens" && api == Api::kChatCompletions) &&
      !(key == "max_output_tokens" && api == Api::kResponses))
    return false;
  const std::optional<uint64_t> tokens = ReadCount(at);
  if (tokens) request_.max_output_tokens = tokens;
  return true;
}

bool Parser::ReadOption(Cursor& at, std::string_view key) {
  const bool responses = request_.api == Api::kResponses;
  if (key == "n") {
    request_.choices = ReadCount(at).value_or(1);
  } else if (key == "stream_options") {
    ReadStreamOptions(at);
  } else if (key == "user") {
    ReadOptionalString(at, user_, request_.user);
  } else if (key == "cache_salt") {
    ReadOptionalString(at, cache_salt_, request_.cache_salt);
  } else if (key == "previous_response_id" && responses) {
    ReadOptionalString(at, previous_response_id_, request_.previous_response_id);
  } else if (key == "background" && responses) {
    request_.background = at.Skip() == "true";
  } else {
    return false;
  }
  return true;
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

}  // namespace fairway::inference
