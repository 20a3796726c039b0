#include "obs/utf8.h"

#include <cstddef>

namespace fairway::obs {
namespace {

// The bytes that the sequence starting with `lead` has, and the range its second byte must lie in
// (RFC 3629, section 4). 0 for a byte that starts nothing.
struct Shape {
  size_t length;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
};

Shape ShapeOf(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xc2) return {0};
  if (lead < 0xe0) return {2};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

}  // namespace

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const Shape shape = ShapeOf(static_cast<unsigned char>(text[i]));
    if (shape.length == 0 || shape.length > text.size() - i) return false;
    for (size_t k = 1; k < shape.length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      const bool second = k == 1;
      if (byte < (second ? shape.low : 0x80) || byte > (second ? shape.high : 0xbf)) return false;
    }
    i += shape.length;
  }
  return true;
}

}  // namespace fairway::obs
