#pragma once
// base64url without padding (RFC 4648 section 5): bytes as text that fits into a header, a cookie
// or a URL. Strict: one text for every string of bytes, so that a token has one spelling. Pure
// functions; any thread.

#include <string>
#include <string_view>

#include "base/status.h"

namespace fairway::crypto {

std::string ToBase64Url(std::string_view bytes);

// kInvalid for anything that ToBase64Url would not have written: another letter, padding, a length
// that no bytes have, bits set behind the last byte.
base::Result<std::string> FromBase64Url(std::string_view text);

}  // namespace fairway::crypto
