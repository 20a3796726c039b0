#include "gateway/query.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace fairway::gateway {
namespace {

// Nothing if an escape is broken.
std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text.size() - i < 3) return std::nullopt;
    const auto parsed = std::from_chars(digits, digits + 2, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

}  // namespace

base::Result<std::string> QueryValue(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (Decode(pair.substr(0, equals)) != name) continue;
    if (found)
      return base::Status(base::Code::kInvalid,
                          "The query names `" + std::string(name) + "` more than once.");
    found = Decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!found)
      return base::Status(base::Code::kInvalid,
                          "The query's `" + std::string(name) + "` has a broken escape.");
  }
  return found.value_or("");
}

}  // namespace fairway::gateway
