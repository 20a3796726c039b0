#include "modelsim/api/error.h"

#include "json/writer.h"

namespace fairway::modelsim {

std::string ErrorJson(const ApiError& error, ErrorShape shape) {
  std::string out;
  json::Writer to(out);
  to.BeginObject();
  if (shape == ErrorShape::kAnthropic) {
    to.Member("type", "error").Key("error").BeginObject();
    to.Member("type", error.type).Member("message", error.message).EndObject();
  } else {
    if (shape == ErrorShape::kVllm) to.Key("error").BeginObject();
    if (shape == ErrorShape::kSglang) to.Member("object", "error");
    to.Member("message", error.message).Member("type", error.type).Key("param");
    error.param.empty() ? to.Value(nullptr) : to.Value(error.param);
    to.Member("code", error.status);
    if (shape == ErrorShape::kVllm) to.EndObject();
  }
  to.EndObject();
  return out;
}

ApiError InvalidBody(std::string_view type, std::string_view where, std::string_view what,
                     std::string_view input) {
  ApiError error{.type = "Bad Request", .param = std::string(where)};
  error.message = "1 validation error:\n  {'type': '";
  error.message.append(type).append("', 'loc': '").append(where).append("', 'msg': '").append(what);
  error.message.append("', 'input': '").append(input).append("'}");
  return error;
}

ApiError MissingField(std::string_view where, size_t members) {
  return InvalidBody("missing", where, "Field required",
                     "<dict of " + std::to_string(members) + " items>");
}

ApiError OutOfRange(std::string_view param, std::string_view what, std::string_view value) {
  ApiError error{.param = std::string(param)};
  error.message.append(param).append(" must be ").append(what).append(", got ").append(value);
  error.message.append(". (parameter=").append(param).append(", value=").append(value).append(")");
  return error;
}

}  // namespace fairway::modelsim
