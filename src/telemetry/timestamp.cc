#include "telemetry/timestamp.h"

#include <chrono>

namespace fairway::telemetry {
namespace {

void Digits(char* to, int count, unsigned value) {
  for (int i = count; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void Timestamp::FormatSecond(int64_t second) {
  const std::chrono::sys_seconds at{std::chrono::seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto in_day = static_cast<unsigned>((at - day).count());
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  kShape.copy(text_.data(), text_.size());
  Digits(&text_[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  Digits(&text_[5], 2, static_cast<unsigned>(date.month()));
  Digits(&text_[8], 2, static_cast<unsigned>(date.day()));
  Digits(&text_[11], 2, in_day / 3600);
  Digits(&text_[14], 2, in_day / 60 % 60);
  Digits(&text_[17], 2, in_day % 60);
}

std::string_view Timestamp::At(base::WallTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const int64_t count = second.time_since_epoch().count();
  if (count != second_) {
    FormatSecond(count);
    second_ = count;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - second).count();
  Digits(&text_[20], 3, static_cast<unsigned>(ms));
  return {text_.data(), text_.size()};
}

}  // namespace fairway::telemetry
