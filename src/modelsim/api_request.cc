#include "modelsim/api_request.h"

#include <limits>
#include <utility>

#include "json/cursor.h"
#include "json/text.h"
#include "json/writer.h"

namespace fairway::modelsim {
namespace {

using json::Cursor;
using json::Kind;

// What pydantic's refusal of a body looks like once vLLM has put it into its own error.
ApiError Invalid(std::string_view type, std::string_view where, std::string_view what,
                 std::string_view input) {
  ApiError error{.type = "Bad Request", .param = std::string(where)};
  error.message = "1 validation error:\n  {'type': '";
  error.message.append(type).append("', 'loc': '").append(where).append("', 'msg': '").append(what);
  error.message.append("', 'input': '").append(input).append("'}");
  return error;
}

ApiError Missing(std::string_view where, size_t members) {
  return Invalid("missing", where, "Field required",
                 "<dict of " + std::to_string(members) + " items>");
}

ApiError OutOfRange(std::string_view param, std::string_view what, std::string_view value) {
  ApiError error{.param = std::string(param)};
  error.message.append(param).append(" must be ").append(what).append(", got ").append(value);
  error.message.append(". (parameter=").append(param).append(", value=").append(value).append(")");
  return error;
}

// One pass over one body.
class Decoder {
 public:
  Decoder(const json::Index& index, Api api, PromptText text, ApiRequest& into)
      : at_(index), api_(api), text_(text), into_(into) {}

  std::optional<ApiError> Run();

 private:
  void ReadMember(std::string_view key);
  void ReadMessages();
  void ReadMessage();
  void ReadContent();
  void ReadPrompt();
  void ReadStreamOptions();
  void ReadMaxTokens(std::string_view key);
  void Count(std::string_view raw);
  void Mark(char mark);
  bool ReadFlag();
  void Refuse(ApiError error) {
    if (!refused_) refused_ = std::move(error);
  }

  Cursor at_;
  Api api_;
  PromptText text_;
  ApiRequest& into_;
  std::optional<ApiError> refused_;  // the first thing wrong in a body that is JSON
  size_t members_ = 0;
  size_t messages_ = 0;
  bool has_input_ = false;  // messages or prompt
  bool has_stream_options_ = false;
};

std::optional<ApiError> Decoder::Run() {
  if (at_.kind() != Kind::kObject) {
    return Invalid("model_attributes_type", "body", "Input should be a valid dictionary", "");
  }
  at_.EnterObject();
  for (std::string_view key; at_.NextMember(key); ++members_) ReadMember(key);
  const size_t offset = at_.offset();
  if (const base::Status finished = at_.Finish(); !finished.ok()) {
    const std::string where = "body." + std::to_string(offset);
    return Invalid("json_invalid", where, "JSON decode error", finished.message());
  }
  if (refused_) return refused_;
  if (!has_input_) {
    return Missing(api_ == Api::kChat ? "body.messages" : "body.prompt", members_);
  }
  if (api_ == Api::kChat && messages_ == 0) {
    return ApiError{.message =
                        "Cannot apply chat template to an empty conversation. "
                        "Provide at least one message."};
  }
  if (has_stream_options_ && !into_.stream) {
    return ApiError{.message =
                        "Stream options can only be defined when `stream=True`. "
                        "(parameter=stream_options)",
                    .param = "stream_options"};
  }
  // What tells the model that it is its turn, as a chat template's last words do.
  if (api_ == Api::kChat) {
    Mark('\1');
    Count("assistant");
    Mark('\2');
  }
  return std::nullopt;
}

void Decoder::ReadMember(std::string_view key) {
  if (key == "messages" && api_ == Api::kChat) {
    ReadMessages();
  } else if (key == "prompt" && api_ == Api::kCompletions) {
    ReadPrompt();
  } else if (key == "model" && at_.kind() == Kind::kString) {
    into_.model.clear();
    json::Unescape(at_.String(), into_.model);
  } else if (key == "stream") {
    into_.stream = ReadFlag();
  } else if (key == "ignore_eos") {
    into_.ignore_eos = ReadFlag();
  } else if (key == "stream_options" && at_.kind() == Kind::kObject) {
    ReadStreamOptions();
  } else if (key == "max_tokens" || (key == "max_completion_tokens" && api_ == Api::kChat)) {
    ReadMaxTokens(key);
  } else if (key == "n" && at_.kind() == Kind::kNumber) {
    const std::string_view number = at_.Scalar();
    const std::optional<int64_t> n = json::ToInt(number);
    if (n && *n < 1) Refuse({.message = "n must be at least 1, got " + std::string(number) + "."});
    if (n && *n > 1) Refuse({.message = "This simulated server makes one choice: n must be 1."});
  } else {
    at_.Skip();
  }
}

void Decoder::ReadMessages() {
  has_input_ = true;
  if (at_.kind() != Kind::kArray) {
    Refuse(Invalid("list_type", "body.messages", "Input should be a valid list", at_.Skip()));
    return;
  }
  for (at_.EnterArray(); at_.NextElement(); ++messages_) {
    if (at_.kind() == Kind::kObject) {
      ReadMessage();
    } else {
      Refuse(Invalid("dict_type", "body.messages." + std::to_string(messages_),
                     "Input should be a valid dictionary", at_.Skip()));
    }
  }
}

void Decoder::ReadMessage() {
  at_.EnterObject();
  for (std::string_view key; at_.NextMember(key);) {
    if (key == "role" && at_.kind() == Kind::kString) {
      Mark('\1');
      Count(at_.String());
      Mark('\2');
    } else if (key == "content") {
      ReadContent();
    } else {
      at_.Skip();
    }
  }
}

void Decoder::ReadContent() {
  if (at_.kind() == Kind::kString) {
    Count(at_.String());
    return;
  }
  if (at_.kind() != Kind::kArray) {
    at_.Skip();
    return;
  }
  // Parts: the text of text parts; of others (images) their JSON stands for what they are.
  for (at_.EnterArray(); at_.NextElement();) {
    if (at_.kind() != Kind::kObject) {
      at_.Skip();
      continue;
    }
    at_.EnterObject();
    for (std::string_view key; at_.NextMember(key);) {
      if (key == "type") {
        at_.Skip();
      } else if (at_.kind() == Kind::kString) {
        Count(at_.String());
      } else {
        Count(at_.Skip());
      }
    }
  }
}

void Decoder::ReadPrompt() {
  has_input_ = true;
  if (at_.kind() == Kind::kString) {
    Count(at_.String());
    return;
  }
  if (at_.kind() != Kind::kArray) {
    Refuse(Invalid("string_type", "body.prompt", "Input should be a valid string", at_.Skip()));
    return;
  }
  // Token ids: each is a token, whatever its digits.
  size_t elements = 0;
  for (at_.EnterArray(); at_.NextElement(); ++elements) {
    if (at_.kind() == Kind::kNumber) {
      const auto id = static_cast<uint32_t>(json::ToInt(at_.Scalar()).value_or(0));
      into_.prompt_bytes += sizeof id;
      if (text_ == PromptText::kKept) {
        into_.prompt.append(reinterpret_cast<const char*>(&id), sizeof id);
      }
    } else if (at_.kind() == Kind::kString && elements == 0) {
      Count(at_.String());
    } else {
      at_.Skip();
      Refuse({.message = "This simulated server takes one prompt.", .param = "prompt"});
    }
  }
}

void Decoder::ReadStreamOptions() {
  has_stream_options_ = true;
  at_.EnterObject();
  for (std::string_view key; at_.NextMember(key);) {
    if (key == "include_usage") {
      into_.include_usage = ReadFlag();
    } else {
      at_.Skip();
    }
  }
}

void Decoder::ReadMaxTokens(std::string_view key) {
  if (at_.kind() == Kind::kNull) {
    at_.Scalar();
    return;
  }
  const std::string_view value = at_.Skip();
  const std::optional<int64_t> number = json::ToInt(value);
  if (!number) {
    std::string where = "body.";
    where += key;
    Refuse(Invalid("int_parsing", where, "Input should be a valid integer", value));
  } else if (*number < 1) {
    Refuse(OutOfRange("max_tokens", "at least 1", value));
  } else if (*number > std::numeric_limits<int32_t>::max()) {
    Refuse(OutOfRange("max_tokens", "at most 2147483647", value));
  } else if (key != "max_tokens" || !into_.max_tokens) {
    into_.max_tokens = static_cast<uint32_t>(*number);  // max_completion_tokens wins
  }
}

void Decoder::Count(std::string_view raw) {
  if (text_ == PromptText::kCounted) {
    into_.prompt_bytes += raw.size();
    return;
  }
  const size_t before = into_.prompt.size();
  json::Unescape(raw, into_.prompt);
  into_.prompt_bytes += into_.prompt.size() - before;
}

void Decoder::Mark(char mark) {
  ++into_.prompt_bytes;
  if (text_ == PromptText::kKept) into_.prompt += mark;
}

bool Decoder::ReadFlag() {
  if (at_.kind() == Kind::kBool) return at_.Scalar() == "true";
  at_.Skip();
  return false;
}

}  // namespace

void ApiRequest::Reset() {
  constexpr size_t kKeptBytes = 1 << 20;
  std::string model_memory = std::move(model);
  std::string prompt_memory = std::move(prompt);
  *this = ApiRequest();
  model = std::move(model_memory);
  model.clear();
  if (prompt_memory.capacity() > kKeptBytes) return;
  prompt = std::move(prompt_memory);
  prompt.clear();
}

std::string ErrorJson(const ApiError& error) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Key("error").BeginObject();
  to.Member("message", error.message).Member("type", error.type).Key("param");
  error.param.empty() ? to.Value(nullptr) : to.Value(error.param);
  to.Member("code", error.status).EndObject().EndObject();
  return out;
}

std::optional<ApiError> ApiReader::Read(Api api, PromptText text, std::string_view body,
                                        ApiRequest& into) {
  if (body.empty()) return Invalid("missing", "body", "Field required", "None");
  if (const base::Status scanned = index_.Scan(body); !scanned.ok()) {
    return Invalid("json_invalid", "body.0", "JSON decode error", scanned.message());
  }
  std::optional<ApiError> refused = Decoder(index_, api, text, into).Run();
  index_.Trim();
  return refused;
}

}  // namespace fairway::modelsim
