#pragma once
// Whether bytes are UTF-8. A Prometheus server refuses a whole page for one label that is not.

#include <string_view>

namespace fairway::obs {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace fairway::obs
