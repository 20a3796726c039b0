#pragma once
// RFC 3339 times in UTC with milliseconds, "2026-11-21T03:55:38.123Z". The part up to the second is
// formatted once a second. One owner.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace fairway::telemetry {

class Timestamp {
 public:
  // Years 0 to 9999. Good until the next call.
  std::string_view At(base::WallTime now);

 private:
  void FormatSecond(int64_t second);

  int64_t second_ = INT64_MIN;
  std::array<char, 24> text_{};
};

}  // namespace fairway::telemetry
