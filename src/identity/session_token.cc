#include "identity/session_token.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "crypto/base64url.h"
#include "crypto/mac.h"

namespace fairway::identity {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kEndBytes = sizeof(uint32_t);
constexpr size_t kMaskedBytes = sizeof(uint64_t);
constexpr size_t kMacBytes = 16;
constexpr size_t kTokenBytes = kEndBytes + kMaskedBytes + kMacBytes;
constexpr size_t kTokenLetters = (kTokenBytes * 8 + 5) / 6;
constexpr std::string_view kMaskLabel = "fairway session mask\n";
constexpr std::string_view kMacLabel = "fairway session mac\n";

template <class T>
void Append(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T Load(std::string_view from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

int64_t MinutesOf(base::WallTime at) {
  return std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch()).count();
}

}  // namespace

base::Result<SessionTokens> SessionTokens::Create(std::string_view key) {
  if (key.size() < kLeastKeyBytes)
    return base::Status(base::Code::kInvalid, "a session key has at least " +
                                                  std::to_string(kLeastKeyBytes) + " bytes, not " +
                                                  std::to_string(key.size()));
  return SessionTokens(std::string(key));
}

uint32_t SessionTokens::EndFor(base::WallTime now) {
  return static_cast<uint32_t>(MinutesOf(now) + kSessionLife.count());
}

uint64_t SessionTokens::Mask(uint32_t end) const {
  std::string message(kMaskLabel);
  Append(message, end);
  return Load<uint64_t>(crypto::AsBytes(crypto::HmacSha256(key_, message)));
}

std::string SessionTokens::Issue(uint64_t name_key, uint32_t end) const {
  std::string token;
  Append(token, end);
  Append(token, name_key ^ Mask(end));
  const crypto::Mac mac = crypto::HmacSha256(key_, std::string(kMacLabel) + token);
  token.append(crypto::AsBytes(mac).substr(0, kMacBytes));
  return crypto::ToBase64Url(token);
}

std::optional<uint64_t> SessionTokens::Read(std::string_view token, base::WallTime now) const {
  if (token.size() != kTokenLetters) return std::nullopt;
  const base::Result<std::string> bytes = crypto::FromBase64Url(token);
  if (!bytes.ok() || bytes->size() != kTokenBytes) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(0, kEndBytes + kMaskedBytes);
  const auto end = Load<uint32_t>(body);
  const int64_t minute = MinutesOf(now);
  // One that ends later than any that could be issued now is from a clock that is wrong.
  if (minute >= end || end > minute + kSessionLife.count() + 1) return std::nullopt;
  const crypto::Mac mac = crypto::HmacSha256(key_, std::string(kMacLabel).append(body));
  if (!crypto::EqualInConstantTime(crypto::AsBytes(mac).substr(0, kMacBytes),
                                   std::string_view(*bytes).substr(body.size())))
    return std::nullopt;
  return Load<uint64_t>(body.substr(kEndBytes)) ^ Mask(end);
}

std::string_view SessionIssuer::TokenFor(const SessionTokens& tokens, uint64_t name_key,
                                         base::WallTime now) {
  Made& made = made_[name_key % kRemembered];
  const uint32_t end = SessionTokens::EndFor(now);
  if (made.name_key != name_key || made.end != end)
    made = {.name_key = name_key, .end = end, .text = tokens.Issue(name_key, end)};
  return made.text;
}

std::string_view CookieValue(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const size_t semicolon = std::min(header.find(';'), header.size());
    std::string_view pair = header.substr(0, semicolon);
    header.remove_prefix(std::min(semicolon + 1, header.size()));
    while (pair.starts_with(' ') || pair.starts_with('\t')) pair.remove_prefix(1);
    while (pair.ends_with(' ') || pair.ends_with('\t')) pair.remove_suffix(1);
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    std::string_view value = pair.substr(name.size() + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

std::string SessionCookie(std::string_view name, std::string_view token) {
  constexpr auto kSeconds = std::chrono::seconds(kSessionLife).count();
  std::string cookie(name);
  cookie.append("=").append(token).append("; Path=/; Max-Age=");
  cookie.append(std::to_string(kSeconds)).append("; HttpOnly; SameSite=Lax");
  return cookie;
}

}  // namespace fairway::identity
