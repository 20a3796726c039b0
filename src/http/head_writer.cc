#include "http/head_writer.h"

#include <algorithm>
#include <charconv>

#include "http/scan.h"

namespace fairway::http {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view ReasonPhrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

std::string_view ChunkSizeLine(size_t bytes, std::array<char, 20>& into) {
  char* end = std::to_chars(into.data(), into.data() + 16, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {into.data(), end};
}

namespace {

void AppendNumber(uint64_t value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Control bytes become '?'.
void AppendSafe(std::string_view text, std::string& out) {
  const char* at = text.data();
  const char* end = at + text.size();
  for (;;) {
    const char* stop = FindControl(at, end);
    out.append(at, stop);
    if (stop == end) return;
    out.push_back('?');
    at = stop + 1;
  }
}

}  // namespace

HeadWriter& HeadWriter::Request(std::string_view method, std::string_view target) {
  AppendSafe(method, *out_);
  out_->push_back(' ');
  for (const char c : target) out_->push_back(IsTargetByte(c) ? c : '?');
  out_->append(" HTTP/1.1\r\n");
  return *this;
}

HeadWriter& HeadWriter::Status(int status) { return Status(status, ReasonPhrase(status)); }

HeadWriter& HeadWriter::Status(int status, std::string_view reason) {
  if (status == 200 && reason == "OK") {
    out_->append("HTTP/1.1 200 OK\r\n");
    return *this;
  }
  out_->append("HTTP/1.1 ");
  AppendNumber(static_cast<uint64_t>(std::clamp(status, 100, 999)), *out_);
  out_->push_back(' ');
  AppendSafe(reason, *out_);
  out_->append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::Add(std::string_view name, std::string_view value) {
  out_->append(name).append(": ");
  AppendSafe(value, *out_);
  out_->append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::Add(std::string_view name, uint64_t value) {
  out_->append(name).append(": ");
  AppendNumber(value, *out_);
  out_->append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::Add(std::span<const Field> fields) {
  for (const Field& field : fields) Add(field.name, field.value);
  return *this;
}

HeadWriter& HeadWriter::Pass(const Field& field) {
  out_->append(field.name).append(": ").append(field.value).append("\r\n");
  return *this;
}

std::string_view HeadWriter::End() {
  out_->append("\r\n");
  return *out_;
}

}  // namespace fairway::http
