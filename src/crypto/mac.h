#pragma once
// HMAC-SHA256 (RFC 2104, FIPS 180-4) and a comparison whose time tells nothing of the contents:
// what a token needs that only we may mint. Pure functions; any thread.

#include <array>
#include <cstdint>
#include <string_view>

namespace fairway::crypto {

constexpr size_t kMacBytes = 32;
using Mac = std::array<unsigned char, kMacBytes>;

// Any key length is taken; one shorter than kMacBytes is weaker than the hash.
Mac HmacSha256(std::string_view key, std::string_view message);

// Whether both hold the same bytes; the time depends on the lengths alone.
bool EqualInConstantTime(std::string_view a, std::string_view b);

inline std::string_view AsBytes(const Mac& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

}  // namespace fairway::crypto
