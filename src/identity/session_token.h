#pragma once
// Session tokens: which endpoint served a session, as a text that the client brings back with its
// next request. It tells the client nothing, cannot be made up, and ends after an hour. A gateway
// that has the same key reads it; one that is bad or old counts as none, never as an error.
//
//   base64url( end 4 | masked 8 | mac 16 ), 38 letters
//   end     minutes since the epoch, little endian
//   masked  model::NameKey of the endpoint's name, xor HMAC(key, "mask", end)
//   mac     HMAC(key, "mac", end, masked), its first 16 bytes
//
// So all tokens of one endpoint and one minute are the same text, which is what lets a worker make
// one a minute (SessionIssuer) instead of one a request.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace fairway::identity {

inline constexpr std::chrono::minutes kSessionLife{60};

// Immutable; any thread.
class SessionTokens {
 public:
  static constexpr size_t kLeastKeyBytes = 16;
  // kInvalid: a key shorter than that.
  static base::Result<SessionTokens> Create(std::string_view key);

  // The minute at which a token issued now ends.
  static uint32_t EndFor(base::WallTime now);
  std::string Issue(uint64_t name_key, uint32_t end) const;
  // The endpoint's NameKey.
  std::optional<uint64_t> Read(std::string_view token, base::WallTime now) const;

 private:
  explicit SessionTokens(std::string key) : key_(std::move(key)) {}
  uint64_t Mask(uint32_t end) const;

  std::string key_;
};

// One a worker: remembers the tokens it made. A bounded number of endpoints is remembered; another
// one costs two HMACs.
class SessionIssuer {
 public:
  // Good until the next call. `tokens` outlives the issuer's memory of it: Clear when it changes.
  std::string_view TokenFor(const SessionTokens& tokens, uint64_t name_key, base::WallTime now);
  void Clear() { made_ = {}; }

 private:
  static constexpr size_t kRemembered = 64;
  struct Made {
    uint64_t name_key = 0;
    uint32_t end = 0;
    std::string text;
  };
  std::array<Made, kRemembered> made_;
};

// The value of one cookie in a Cookie header (RFC 6265 4.2); empty if it is not there.
std::string_view CookieValue(std::string_view header, std::string_view name);

// A Set-Cookie header's value for a token: for this host, all paths, no scripts, as long as the
// token holds.
std::string SessionCookie(std::string_view name, std::string_view token);

}  // namespace fairway::identity
