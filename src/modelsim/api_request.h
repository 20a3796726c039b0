#pragma once
// The bodies of /v1/chat/completions and /v1/completions, read as vLLM reads them: unknown fields
// are ignored, a missing model is the served one, and what is wrong is told in vLLM's words and
// shape.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/index.h"

namespace fairway::modelsim {

enum class Api : unsigned char { kChat, kCompletions };

// An answer other than 200.
struct ApiError {
  int status = 400;
  std::string type = "BadRequestError";
  std::string message = {};
  std::string param = {};  // empty: null
};

// {"error":{"message","type","param","code"}}, code a number as vLLM has it.
std::string ErrorJson(const ApiError& error);

struct ApiRequest {
  std::string model;  // empty: not given
  bool stream = false;
  bool include_usage = false;
  bool ignore_eos = false;
  std::optional<uint32_t> max_tokens;  // > 0
  uint64_t prompt_bytes = 0;
  // The whole prompt as text, roles included; empty unless asked for.
  std::string prompt;

  // Ready for the next body; keeps what memory a usual prompt needs.
  void Reset();
};

enum class PromptText : unsigned char { kKept, kCounted };

// Reads one body. The reader's scratch is reused from body to body.
class ApiReader {
 public:
  // An error, or nothing and the request in `into`. With kCounted the prompt is measured as it
  // stands in the JSON, escapes included, and not copied.
  std::optional<ApiError> Read(Api api, PromptText text, std::string_view body, ApiRequest& into);

 private:
  json::Index index_;
};

}  // namespace fairway::modelsim
