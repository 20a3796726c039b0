#pragma once
// Between raw JSON text and values: strings with their escapes, numbers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairway::json {

// Appends the decoded form of a raw string (no quotes around it) to `out`. A lone surrogate becomes
// U+FFFD. False if an escape is malformed; `out` then holds what came before it.
bool Unescape(std::string_view raw, std::string& out);

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string& out);

// Whether a raw string decodes to `text`. Without escapes this is a comparison.
bool RawEquals(std::string_view raw, std::string_view text);

// A number's text as an integer; nullopt if it has a fraction or an exponent, or does not fit.
std::optional<int64_t> ToInt(std::string_view number);
std::optional<double> ToDouble(std::string_view number);

// Whether `text` is one number, true, false or null as JSON writes them.
bool IsScalar(std::string_view text);

}  // namespace fairway::json
