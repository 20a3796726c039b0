#include "json/text.h"

#include <array>
#include <charconv>

namespace fairway::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void AppendUtf8(uint32_t code, std::string& out) {
  const auto low6 = [](uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += low6(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += low6(code >> 6);
    out += low6(code);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += low6(code >> 12);
    out += low6(code >> 6);
    out += low6(code);
  }
}

// The four hex digits at the start of `text`; nullopt if they are none.
std::optional<uint32_t> Hex4(std::string_view text) {
  uint32_t code = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return code;
}

bool IsHighSurrogate(uint32_t code) { return code >= 0xd800 && code < 0xdc00; }
bool IsLowSurrogate(uint32_t code) { return code >= 0xdc00 && code < 0xe000; }

// Decodes what follows "\u" at raw[at]; moves `at` past it.
bool UnescapeUnicode(std::string_view raw, size_t& at, std::string& out) {
  const std::optional<uint32_t> first = Hex4(raw.substr(at));
  if (!first) return false;
  at += 4;
  if (IsHighSurrogate(*first) && raw.substr(at, 2) == "\\u") {
    const std::optional<uint32_t> second = Hex4(raw.substr(at + 2));
    if (second && IsLowSurrogate(*second)) {
      at += 6;
      AppendUtf8(0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00), out);
      return true;
    }
  }
  if (IsHighSurrogate(*first) || IsLowSurrogate(*first)) {
    out += kReplacement;
  } else {
    AppendUtf8(*first, out);
  }
  return true;
}

// What the escape "\c" stands for, or 0.
char SimpleEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none. (Unicode
// 15, table 3-7.)
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
  if (lead == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (lead == 0xf0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;  // above U+10FFFF
  return length;
}

// Bytes that a JSON string holds as they are.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void AppendEscaped(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

size_t Digits(std::string_view text, size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

bool IsNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t whole = at;
  at = Digits(text, at);
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = ++at;
    at = Digits(text, at);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = at;
    at = Digits(text, at);
    if (at == exponent) return false;
  }
  return at == text.size();
}

}  // namespace

bool Unescape(std::string_view raw, std::string& out) {
  for (size_t at = 0; at < raw.size();) {
    const size_t escape = raw.find('\\', at);
    out += raw.substr(at, escape - at);
    if (escape == std::string_view::npos) return true;
    if (escape + 1 == raw.size()) return false;
    at = escape + 2;
    const char kind = raw[escape + 1];
    if (kind == 'u') {
      if (!UnescapeUnicode(raw, at, out)) return false;
    } else if (const char plain = SimpleEscape(kind); plain != 0) {
      out += plain;
    } else {
      return false;
    }
  }
  return true;
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    size_t plain = at;
    while (plain < text.size() && kPlain[static_cast<unsigned char>(text[plain])]) ++plain;
    out += text.substr(at, plain - at);
    at = plain;
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      AppendEscaped(text[at++], out);
    } else if (const size_t length = Utf8Length(text.substr(at)); length > 0) {
      out += text.substr(at, length);
      at += length;
    } else {
      out += kReplacement;
      ++at;
    }
  }
  out += '"';
}

bool RawEquals(std::string_view raw, std::string_view text) {
  if (raw.find('\\') == std::string_view::npos) return raw == text;
  std::string decoded;
  return Unescape(raw, decoded) && decoded == text;
}

std::optional<int64_t> ToInt(std::string_view number) {
  int64_t value = 0;
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> ToDouble(std::string_view number) {
  double value = 0;
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool IsScalar(std::string_view text) {
  if (text.empty()) return false;
  switch (text[0]) {
    case 't':
      return text == "true";
    case 'f':
      return text == "false";
    case 'n':
      return text == "null";
    default:
      return IsNumber(text);
  }
}

}  // namespace fairway::json
