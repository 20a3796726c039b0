// Any bytes as a multipart body, behind a content type of their first line: never a crash, every
// view within the body.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "inference/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using fairway::inference::Api;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view body = input.substr(line + 1);
  const auto request = fairway::inference::ParseMultipart(Api::kAudio, input.substr(0, line), body);
  if (request.ok() && request->has_model)
    CHECK(body.substr(request->model_range.offset, request->model_range.size) == request->model);
  return 0;
}
