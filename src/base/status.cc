#include "base/status.h"

namespace fairway::base {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not found";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kExhausted:
      return "exhausted";
    case Code::kTimeout:
      return "timeout";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "unknown";
}

Status Status::Within(std::string_view context) const {
  if (ok()) return *this;
  std::string told(context);
  told += ": ";
  told += message_;
  return {code_, std::move(told)};
}

std::string Status::ToString() const {
  std::string told(CodeName(code_));
  if (!message_.empty()) {
    told += ": ";
    told += message_;
  }
  return told;
}

}  // namespace fairway::base
