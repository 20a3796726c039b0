#pragma once
// The `date` field's value (RFC 9110 section 5.6.7), formatted once a second.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace fairway::http {

class DateText {
 public:
  // "Sat, 21 Nov 2026 03:55:22 GMT"; good until the next call.
  std::string_view At(base::WallTime now);

 private:
  int64_t second_ = -1;
  std::array<char, 32> text_{};
};

}  // namespace fairway::http
