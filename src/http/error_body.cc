#include "http/error_body.h"

#include <charconv>

namespace fairway::http {
namespace {

std::string_view DefaultType(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 404) return "not_found_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

// The length of the UTF-8 sequence at the front, as the Unicode standard's table 3-7 has it; 0 if
// there is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto trails = [&byte](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !trails(1)) return 0;
  if (first < 0xe0) return 2;
  if (!trails(2)) return 0;
  if (first == 0xe0) return byte(1) >= 0xa0 ? 3 : 0;
  if (first == 0xed) return byte(1) < 0xa0 ? 3 : 0;
  if (first < 0xf0) return 3;
  if (!trails(3)) return 0;
  if (first == 0xf0) return byte(1) >= 0x90 ? 4 : 0;
  if (first == 0xf4) return byte(1) < 0x90 ? 4 : 0;
  return 4;
}

void AppendString(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const char c = text.front();
    if (length == 0) {
      out.append("\\ufffd");
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

void AppendStringOrNull(std::string_view text, std::string& out) {
  if (text.empty()) {
    out.append("null");
  } else {
    AppendString(text, out);
  }
}

}  // namespace

void AppendErrorBody(const ErrorBody& error, std::string& out) {
  out.append(R"({"error":{"message":)");
  AppendString(error.message, out);
  out.append(R"(,"type":)");
  AppendString(error.type.empty() ? DefaultType(error.status) : error.type, out);
  out.append(R"(,"param":)");
  AppendStringOrNull(error.param, out);
  out.append(R"(,"code":)");
  AppendStringOrNull(error.code, out);
  out.append("}}");
}

}  // namespace fairway::http
