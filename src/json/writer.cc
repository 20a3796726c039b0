#include "json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "json/text.h"

namespace fairway::json {
namespace {

template <class T>
void AppendNumber(T value, std::string& out) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  CHECK(error == std::errc());
  out.append(digits.data(), end);
}

}  // namespace

void Writer::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  const uint64_t bit = uint64_t{1} << depth_;
  if (filled_ & bit) out_ += ',';
  filled_ |= bit;
}

Writer& Writer::Begin(char bracket) {
  CHECK(depth_ < kMaxDepth);
  Separate();
  out_ += bracket;
  ++depth_;
  filled_ &= ~(uint64_t{1} << depth_);
  return *this;
}

Writer& Writer::End(char bracket) {
  CHECK(depth_ > 0 && !after_key_);
  out_ += bracket;
  --depth_;
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  CHECK(depth_ > 0 && !after_key_);
  Separate();
  AppendQuoted(key, out_);
  out_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

Writer& Writer::Signed(int64_t value) {
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::Unsigned(uint64_t value) {
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::Number(double value) {
  if (!std::isfinite(value)) return Raw("null");
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::String(std::string_view value) {
  Separate();
  AppendQuoted(value, out_);
  return *this;
}

}  // namespace fairway::json
