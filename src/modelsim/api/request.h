#pragma once
// What a request for text asks, whichever API it came by: /v1/chat/completions, /v1/completions,
// /v1/responses or /v1/messages. Bodies are read as vLLM reads them: unknown fields are ignored, a
// missing model is the served one, and what is wrong is told in vLLM's words and shape.
//
// All APIs write conversations alike (roles between control characters), so that equal
// conversations have equal prefixes, whoever asks.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/index.h"
#include "json/reader.h"
#include "modelsim/api/error.h"

namespace fairway::modelsim {

enum class Api : unsigned char { kChat, kCompletions, kResponses, kMessages };

struct ApiRequest {
  static constexpr uint32_t kMaxChoices = 128;  // n times prompts
  static constexpr size_t kMaxStops = 16;
  static constexpr uint32_t kMaxLogprobs = 20;

  std::string model;  // empty: not given
  bool stream = false;
  bool include_usage = false;
  bool ignore_eos = false;
  std::optional<uint32_t> max_tokens;  // > 0
  uint32_t n = 1;                      // answers to each prompt
  std::optional<uint32_t> logprobs;    // given: each token's, and of so many alternatives
  std::optional<int64_t> seed;
  int32_t priority = 0;
  std::vector<std::string> stop;  // none is empty
  uint64_t prompt_bytes = 0;
  // The whole prompt as text, roles included; empty unless asked for.
  std::string prompt;
  // Of /v1/completions with several prompts: those after the first, always as text.
  std::vector<std::string> more_prompts;
  // Of /v1/responses.
  std::string previous_response_id;
  bool store = true;

  // Ready for the next body; keeps what memory a usual prompt needs.
  void Reset();
};

enum class PromptText : unsigned char { kKept, kCounted };

// Between the messages of a conversation.
void AppendRole(std::string_view role, std::string& prompt);
// What tells the model that it is its turn, as a chat template's last words do.
inline void AppendTurn(std::string& prompt) { AppendRole("assistant", prompt); }

// Reads one body. The reader's scratch is reused from body to body.
class ApiReader {
 public:
  // An error, or nothing and the request in `into`. With kCounted the prompt is measured as it
  // stands in the JSON, escapes included, and not copied (responses and messages are always kept).
  std::optional<ApiError> Read(Api api, PromptText text, std::string_view body, ApiRequest& into);

 private:
  json::Index index_;
  json::Reader reader_;
};

// completion_reader.cc, by one pass over the text: chat and completions are the hot ones.
std::optional<ApiError> ReadCompletion(const json::Index& index, Api api, PromptText text,
                                       ApiRequest& into);
// item_reader.cc
std::optional<ApiError> ReadResponses(const json::Value& root, ApiRequest& into);
std::optional<ApiError> ReadMessages(const json::Value& root, ApiRequest& into);

}  // namespace fairway::modelsim
