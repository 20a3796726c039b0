#include "gateway/session.h"

#include <algorithm>

namespace fairway::gateway {
namespace {

// "a=1; token=2" (RFC 6265 section 4.2).
std::string_view CookieValue(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(';'), list.size());
    std::string_view pair = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

std::string_view FindSessionToken(const http::Fields& fields, std::string_view header,
                                  std::string_view cookie) {
  if (const auto token = fields.Find(header)) return *token;
  if (cookie.empty()) return {};
  // HTTP/2 may split it into several fields (RFC 9113 section 8.2.3).
  for (const http::Field& field : fields) {
    if (!http::EqualsIgnoreCase(field.name, "cookie")) continue;
    const std::string_view token = CookieValue(field.value, cookie);
    if (!token.empty()) return token;
  }
  return {};
}

SessionFields::SessionFields(const director::RequestLife& life) {
  const auto* names = life.session_names();
  if (names == nullptr) return;
  const std::string_view token = life.session_token();
  if (token.empty()) return;
  fields_[count_++] = {names->header, token};
  if (names->cookie.empty()) return;
  // Gone with the token itself, which lives an hour; no script has any use for it.
  cookie_.append(names->cookie).append("=").append(token);
  cookie_ += "; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax";
  fields_[count_++] = {"set-cookie", cookie_};
}

}  // namespace fairway::gateway
