#include "inference/request.h"

namespace fairway::inference {

Api ApiOfPath(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path == "/v1/chat/completions") return Api::kChatCompletions;
  if (path == "/v1/completions") return Api::kCompletions;
  return Api::kNone;
}

}  // namespace fairway::inference
