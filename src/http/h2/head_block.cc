#include "http/h2/head_block.h"

#include <algorithm>

#include "http/scan.h"

namespace fairway::http {
namespace {

constexpr size_t kKeepBytes = 4096;  // of memory from message to message
constexpr size_t kKeepEntries = 32;

bool IsPseudo(std::string_view name) { return name.starts_with(':'); }

bool IsCookie(std::string_view name) { return name == "cookie"; }  // names are lower case here

Refusal CheckTarget(const RequestHead& head, const HeadLimits& limits) {
  if (head.target.size() > limits.target) return {414, "the request target is too long"};
  if (!std::ranges::all_of(head.target, IsTargetByte)) return {400, "malformed request target"};
  const bool asterisk = head.target == "*" && head.method == "OPTIONS";
  if (!asterisk && !head.target.starts_with('/')) return {400, "malformed request target"};
  return {};
}

// The library has checked that it is one number.
uint64_t LengthOf(std::string_view digits) {
  uint64_t length = 0;
  for (const char c : digits) length = length * 10 + static_cast<uint64_t>(c - '0');
  return length;
}

template <class Head>
void FrameBody(H2End end, Head& head) {
  const auto length = head.fields.Find("content-length");
  head.content_length = 0;
  head.framing = end == H2End::kHere ? Framing::kNone : Framing::kStream;
  if (end == H2End::kHere || !length) return;
  head.content_length = LengthOf(*length);
  head.framing = head.content_length > 0 ? Framing::kLength : Framing::kNone;
}

}  // namespace

void H2HeadBlock::Add(std::string_view name, std::string_view value, const HeadLimits& limits) {
  bytes_ += name.size() + value.size() + 4;
  const size_t most = std::min(limits.fields, Fields::kMax) + 5;  // pseudo-header fields beside
  if (bytes_ > limits.bytes || entries_.size() >= most) over_ = true;
  if (over_) return;
  entries_.push_back({static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
                      static_cast<uint32_t>(value.size())});
  text_.append(name).append(value);
}

void H2HeadBlock::Clear() {
  text_.clear();
  entries_.clear();
  bytes_ = 0;
  over_ = false;
  if (text_.capacity() > kKeepBytes) text_.shrink_to_fit();
  if (entries_.capacity() > kKeepEntries) entries_.shrink_to_fit();
}

std::string_view H2HeadBlock::Pseudo(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (NameOf(entry) == name) return ValueOf(entry);
  }
  return {};
}

// A cookie may come in crumbs (RFC 9113 section 8.2.3); HTTP/1.1 servers want it whole.
void H2HeadBlock::JoinCookies() {
  const auto is_cookie = [this](const Entry& entry) { return IsCookie(NameOf(entry)); };
  if (std::ranges::count_if(entries_, is_cookie) < 2) return;
  const size_t at = text_.size();
  std::string whole = "cookie";
  for (const Entry& entry : entries_) {
    if (!is_cookie(entry)) continue;
    if (whole.size() > 6) whole += "; ";
    whole += ValueOf(entry);
  }
  text_ += whole;
  const auto first = std::ranges::find_if(entries_, is_cookie);
  *first = {static_cast<uint32_t>(at), 6, static_cast<uint32_t>(whole.size() - 6)};
  entries_.erase(std::remove_if(first + 1, entries_.end(), is_cookie), entries_.end());
}

void H2HeadBlock::FillFields(Fields& fields) const {
  fields.Clear();
  for (const Entry& entry : entries_) {
    if (!IsPseudo(NameOf(entry))) (void)fields.Add(NameOf(entry), ValueOf(entry));
  }
}

Refusal H2HeadBlock::ToRequest(const HeadLimits& limits, H2End end, RequestHead& head) {
  JoinCookies();
  FillFields(head.fields);
  head.method = Pseudo(":method");
  head.target = Pseudo(":path");
  head.host = Pseudo(":authority");
  head.minor_version = 1;
  head.keep_alive = true;
  FrameBody(end, head);
  if (over_ || head.fields.size() > limits.fields) return {431, "the request's head is too large"};
  if (head.method == "CONNECT") return {501, "CONNECT is not served"};
  const std::string_view scheme = Pseudo(":scheme");
  if (scheme != "http" && scheme != "https") return {400, "unknown scheme"};
  if (const Refusal bad = CheckTarget(head, limits)) return bad;
  const auto host = head.fields.Find("host");
  if (head.host.empty()) head.host = host.value_or("");
  if (host && !EqualsIgnoreCase(*host, head.host)) return {400, "host differs from :authority"};
  if (head.host.empty() || !std::ranges::all_of(head.host, IsHostByte))
    return {400, "malformed host"};
  const std::string_view expect = head.fields.Find("expect").value_or("");
  head.expect_continue = !expect.empty() && end == H2End::kLater;
  if (!expect.empty() && !EqualsIgnoreCase(expect, "100-continue"))
    return {417, "unknown expectation"};
  return {};
}

Refusal H2HeadBlock::ToResponse(ResponseTo request, H2End end, ResponseHead& head) {
  FillFields(head.fields);
  const std::string_view status = Pseudo(":status");
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (status.size() != 3 || !std::ranges::all_of(status, is_digit))
    return {502, "an answer without a status"};
  head.status = static_cast<int>(LengthOf(status));
  head.reason = {};
  head.minor_version = 1;
  head.keep_alive = true;
  FrameBody(end, head);
  if (request == ResponseTo::kHead || head.status == 204 || head.status == 304)
    head.framing = Framing::kNone;
  if (over_) return {502, "the answer's head is too large"};
  return {};
}

bool H2HeadBlock::ToTrailers(Fields& fields) {
  FillFields(fields);
  const auto is_pseudo = [this](const Entry& entry) { return IsPseudo(NameOf(entry)); };
  return !over_ && std::ranges::none_of(entries_, is_pseudo);
}

}  // namespace fairway::http
