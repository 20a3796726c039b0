// The bodies of /v1/chat/completions and /v1/completions, in one pass.

#include <algorithm>
#include <limits>
#include <utility>

#include "json/cursor.h"
#include "json/text.h"
#include "modelsim/api/request.h"

namespace fairway::modelsim {
namespace {

using json::Cursor;
using json::Kind;

constexpr size_t kTokenBytes = sizeof(uint32_t);

// A token id's four bytes: tokenising a text and sending the ids is the same prompt.
void AppendToken(std::string_view number, std::string& text) {
  const auto id = static_cast<uint32_t>(json::ToInt(number).value_or(0));
  text.append(reinterpret_cast<const char*>(&id), kTokenBytes);
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
  void ReadPromptList();
  void ReadCount(std::string_view key);
  void ReadStop();
  void ReadLogprobs(std::string_view key);
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
  bool wants_logprobs_ = false;  // of a chat
  uint32_t top_logprobs_ = 0;
};

std::optional<ApiError> Decoder::Run() {
  if (at_.kind() != Kind::kObject) {
    return InvalidBody("model_attributes_type", "body", "Input should be a valid dictionary", "");
  }
  at_.EnterObject();
  for (std::string_view key; at_.NextMember(key); ++members_) ReadMember(key);
  const size_t offset = at_.offset();
  if (const base::Status finished = at_.Finish(); !finished.ok()) {
    const std::string where = "body." + std::to_string(offset);
    return InvalidBody("json_invalid", where, "JSON decode error", finished.message());
  }
  if (refused_) return refused_;
  if (!has_input_) {
    return MissingField(api_ == Api::kChat ? "body.messages" : "body.prompt", members_);
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
  if (wants_logprobs_) into_.logprobs = top_logprobs_;
  if (into_.n * (1 + into_.more_prompts.size()) > ApiRequest::kMaxChoices) {
    return ApiError{.message = "More than " + std::to_string(ApiRequest::kMaxChoices) +
                               " answers were asked for in one request.",
                    .param = "n"};
  }
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
  } else if (key == "n" || key == "seed" || key == "priority") {
    ReadCount(key);
  } else if (key == "stop") {
    ReadStop();
  } else if (key == "logprobs" || key == "top_logprobs") {
    ReadLogprobs(key);
  } else {
    at_.Skip();
  }
}

void Decoder::ReadCount(std::string_view key) {
  const std::string_view value = at_.Skip();
  const std::optional<int64_t> number = json::ToInt(value);
  if (!number) return;
  if (key == "seed") {
    into_.seed = *number;
  } else if (key == "priority") {
    into_.priority = static_cast<int32_t>(std::clamp<int64_t>(*number, INT32_MIN, INT32_MAX));
  } else if (*number < 1) {
    Refuse({.message = "n must be at least 1, got " + std::string(value) + "."});
  } else if (*number > ApiRequest::kMaxChoices) {
    Refuse({.message = "n must be at most " + std::to_string(ApiRequest::kMaxChoices) + ", got " +
                       std::string(value) + "."});
  } else {
    into_.n = static_cast<uint32_t>(*number);
  }
}

void Decoder::ReadStop() {
  const auto add = [this](std::string_view raw) {
    std::string text;
    json::Unescape(raw, text);
    if (text.empty()) return Refuse({.message = "stop cannot contain an empty string."});
    if (into_.stop.size() == ApiRequest::kMaxStops) {
      return Refuse({.message = "At most " + std::to_string(ApiRequest::kMaxStops) +
                                " stop strings are supported.",
                     .param = "stop"});
    }
    into_.stop.push_back(std::move(text));
  };
  if (at_.kind() == Kind::kString) return add(at_.String());
  if (at_.kind() != Kind::kArray) {
    at_.Skip();
    return;
  }
  for (at_.EnterArray(); at_.NextElement();) {
    at_.kind() == Kind::kString ? add(at_.String()) : void(at_.Skip());
  }
}

// A chat says logprobs: true and top_logprobs: 5; completions say logprobs: 5.
void Decoder::ReadLogprobs(std::string_view key) {
  const std::string_view value = at_.Skip();
  const std::optional<int64_t> number = json::ToInt(value);
  if (number && (*number < 0 || *number > ApiRequest::kMaxLogprobs)) {
    return Refuse(OutOfRange(key, "between 0 and 20", value));
  }
  const uint32_t alternatives = number ? static_cast<uint32_t>(*number) : 0;
  if (api_ == Api::kCompletions) {
    if (number && key == "logprobs") into_.logprobs = alternatives;
  } else if (key == "logprobs") {
    wants_logprobs_ = value == "true";
  } else {
    top_logprobs_ = alternatives;
  }
}

void Decoder::ReadMessages() {
  has_input_ = true;
  if (at_.kind() != Kind::kArray) {
    Refuse(InvalidBody("list_type", "body.messages", "Input should be a valid list", at_.Skip()));
    return;
  }
  for (at_.EnterArray(); at_.NextElement(); ++messages_) {
    if (at_.kind() == Kind::kObject) {
      ReadMessage();
    } else {
      Refuse(InvalidBody("dict_type", "body.messages." + std::to_string(messages_),
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
    Refuse(InvalidBody("string_type", "body.prompt", "Input should be a valid string", at_.Skip()));
    return;
  }
  ReadPromptList();
}

// One prompt of token ids, or several prompts, each a text or token ids. The first goes where a
// single prompt does.
void Decoder::ReadPromptList() {
  size_t prompts = 0;
  bool ids = false;
  for (at_.EnterArray(); at_.NextElement();) {
    const Kind kind = at_.kind();
    if (kind == Kind::kNumber && (ids || prompts == 0)) {
      ids = true;
      prompts = 1;
      AppendToken(at_.Scalar(), into_.prompt);
      into_.prompt_bytes += kTokenBytes;
    } else if ((kind == Kind::kString || kind == Kind::kArray) && !ids &&
               prompts < ApiRequest::kMaxChoices) {
      std::string& text = prompts++ == 0 ? into_.prompt : into_.more_prompts.emplace_back();
      if (kind == Kind::kString) {
        json::Unescape(at_.String(), text);
      } else {
        for (at_.EnterArray(); at_.NextElement();) AppendToken(at_.Skip(), text);
      }
      if (prompts == 1) into_.prompt_bytes = text.size();
    } else {
      at_.Skip();
      Refuse({.message = "prompt must be a text, token ids, or a list of at most 128 of them.",
              .param = "prompt"});
    }
  }
  if (prompts == 0) Refuse({.message = "prompt must not be empty.", .param = "prompt"});
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
    Refuse(InvalidBody("int_parsing", where, "Input should be a valid integer", value));
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

std::optional<ApiError> ReadCompletion(const json::Index& index, Api api, PromptText text,
                                       ApiRequest& into) {
  return Decoder(index, api, text, into).Run();
}

}  // namespace fairway::modelsim
