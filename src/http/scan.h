#pragma once
// The inner loops over head bytes: where a control byte stands, and what may stand in a name.
// Private to the parsers of this module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace fairway::http {

inline bool IsControl(unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }

// The first byte that must not stand in a field value (any control but tab), or `end`.
inline const char* FindControl(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i last = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, last), block);
    const __m128i bad =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(block, tab), low), _mm_cmpeq_epi8(block, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(bad));
    if (mask != 0) return at + __builtin_ctz(mask);
    at += 16;
  }
#endif
  while (at != end && !IsControl(static_cast<unsigned char>(*at))) ++at;
  return at;
}

namespace internal {

constexpr std::array<bool, 256> CharSet(std::string_view members) {
  std::array<bool, 256> set{};
  for (int c = 0; c < 128; ++c) {
    set[c] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             members.find(static_cast<char>(c)) != std::string_view::npos;
  }
  return set;
}

inline constexpr auto kTokenBytes = CharSet("!#$%&'*+-.^_`|~");  // RFC 9110 section 5.6.2
inline constexpr auto kTargetBytes = CharSet("-._~!$&'()*+,;=:@%/?[]\"<>\\^`{|}");
inline constexpr auto kHostBytes = CharSet("-._~!$&'()*+;=:%[]");  // RFC 3986 section 3.2.2, port

}  // namespace internal

inline bool IsTokenByte(char c) { return internal::kTokenBytes[static_cast<unsigned char>(c)]; }
inline bool IsTargetByte(char c) { return internal::kTargetBytes[static_cast<unsigned char>(c)]; }
inline bool IsHostByte(char c) { return internal::kHostBytes[static_cast<unsigned char>(c)]; }

}  // namespace fairway::http
