#pragma once
// FixedText<N>: up to N bytes of text in place; what is longer is cut. For records that are kept in
// rings and must not allocate. A value.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace fairway::base {

template <size_t N>
class FixedText {
  static_assert(N > 0 && N < 65536);

 public:
  void Assign(std::string_view text) {
    size_ = static_cast<unsigned short>(std::min(text.size(), N));
    std::memcpy(bytes_.data(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  unsigned short size_ = 0;
  std::array<char, N> bytes_;
};

}  // namespace fairway::base
