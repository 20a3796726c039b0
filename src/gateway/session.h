#pragma once
// How a session's token travels over HTTP: in a header or a cookie of the request, and back in
// both. The token itself is the brain's (identity/session_token.h).

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "director/life.h"
#include "http/fields.h"

namespace fairway::gateway {

// The token that a request brings: in the header, else in the cookie; empty if in neither. An empty
// cookie name is no cookie.
std::string_view FindSessionToken(const http::Fields& fields, std::string_view header,
                                  std::string_view cookie);

// The fields that give a client its token; none where there are no sessions. The views end with
// this, or with the life's token.
class SessionFields final {
 public:
  explicit SessionFields(const director::RequestLife& life);
  std::span<const http::Field> fields() const { return std::span(fields_).first(count_); }

 private:
  std::array<http::Field, 2> fields_;
  size_t count_ = 0;
  std::string cookie_;
};

}  // namespace fairway::gateway
