#pragma once
// An answer other than 200, in the shapes of the real servers.

#include <string>
#include <string_view>

namespace fairway::modelsim {

struct ApiError {
  int status = 400;
  std::string type = "BadRequestError";
  std::string message = {};
  std::string param = {};  // empty: null
};

// Who is imitated.
enum class ErrorShape : unsigned char {
  kVllm,       // {"error":{"message","type","param","code"}}, code a number
  kSglang,     // {"object":"error","message","type","param","code"}
  kAnthropic,  // {"type":"error","error":{"type","message"}}
};

std::string ErrorJson(const ApiError& error, ErrorShape shape = ErrorShape::kVllm);

// What pydantic's refusal of a body looks like once vLLM has put it into its own error.
ApiError InvalidBody(std::string_view type, std::string_view where, std::string_view what,
                     std::string_view input);
// A required field of the body is not there; the body has so many.
ApiError MissingField(std::string_view where, size_t members);
// A number is out of its range.
ApiError OutOfRange(std::string_view param, std::string_view what, std::string_view value);

}  // namespace fairway::modelsim
