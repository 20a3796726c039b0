#include "http/framing.h"

#include <algorithm>

#include "http/scan.h"

namespace fairway::http {
namespace {

constexpr Refusal kNone{};

// The fields that frame a message, gathered in one pass.
struct Special {
  std::string_view content_length, transfer_encoding, host, expect;
  int content_lengths = 0, transfer_encodings = 0, hosts = 0;
  bool close = false, keep_alive = false;
  bool bad_connection = false;
};

// A comma-separated list of tokens; elements may be empty (RFC 9110 section 5.6.1).
bool IsTokenList(std::string_view list) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view element = list.substr(0, comma);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t'))
      element.remove_suffix(1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t'))
      element.remove_prefix(1);
    if (!std::ranges::all_of(element, IsTokenByte)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

Special Gather(const Fields& fields) {
  Special special;
  for (const Field& field : fields) {
    switch (field.name.size()) {  // few names share a length with ours
      case 4:
        if (EqualsIgnoreCase(field.name, "host")) {
          special.host = field.value;
          ++special.hosts;
        }
        break;
      case 6:
        if (EqualsIgnoreCase(field.name, "expect")) special.expect = field.value;
        break;
      case 10:
        if (EqualsIgnoreCase(field.name, "connection")) {
          special.bad_connection |= !IsTokenList(field.value);
          special.close |= HasToken(field.value, "close");
          special.keep_alive |= HasToken(field.value, "keep-alive");
        }
        break;
      case 14:
        if (EqualsIgnoreCase(field.name, "content-length")) {
          special.content_length = field.value;
          ++special.content_lengths;
        }
        break;
      case 16:
        if (EqualsIgnoreCase(field.name, "proxy-connection"))
          special.bad_connection |= !IsTokenList(field.value);
        break;
      case 17:
        if (EqualsIgnoreCase(field.name, "transfer-encoding")) {
          special.transfer_encoding = field.value;
          ++special.transfer_encodings;
        }
        break;
      default:
        break;
    }
  }
  return special;
}

// Digits alone, and few enough not to overflow.
bool ParseLength(std::string_view text, uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

// What both directions share. `length` is left at 0 where no content-length is given.
Refusal CheckFraming(const Special& special, int minor_version, uint64_t& length) {
  if (special.transfer_encodings > 0) {
    if (special.content_lengths > 0) return {400, "both content-length and transfer-encoding"};
    if (special.transfer_encodings > 1) return {400, "more than one transfer-encoding"};
    if (minor_version == 0) return {400, "transfer-encoding in HTTP/1.0"};
    if (!EqualsIgnoreCase(special.transfer_encoding, "chunked"))
      return {501, "transfer-encoding other than chunked"};
  }
  // It names fields to be dropped: two readers must see the same names.
  if (special.bad_connection) return {400, "malformed connection field"};
  if (special.content_lengths > 1) return {400, "more than one content-length"};
  if (special.content_lengths == 1 && !ParseLength(special.content_length, length))
    return {400, "malformed content-length"};
  return kNone;
}

bool KeepAlive(const Special& special, int minor_version) {
  return !special.close && (minor_version >= 1 || special.keep_alive);
}

Refusal CheckHost(const Special& special, const RequestHead& head) {
  if (special.hosts > 1) return {400, "more than one host"};
  if (special.hosts == 0) {
    if (head.minor_version >= 1) return {400, "no host"};
    return kNone;
  }
  if (special.host.empty() || !std::ranges::all_of(special.host, IsHostByte))
    return {400, "malformed host"};
  return kNone;
}

}  // namespace

Refusal FrameRequest(RequestHead& head) {
  const Special special = Gather(head.fields);
  if (const Refusal bad = CheckHost(special, head)) return bad;
  if (head.host.empty()) head.host = special.host;  // else from an absolute-form target
  head.content_length = 0;
  if (const Refusal bad = CheckFraming(special, head.minor_version, head.content_length))
    return bad;
  head.framing = special.transfer_encodings > 0 ? Framing::kChunked
                 : head.content_length > 0      ? Framing::kLength
                                                : Framing::kNone;
  head.keep_alive = KeepAlive(special, head.minor_version);
  head.expect_continue = false;
  if (!special.expect.empty() && head.minor_version >= 1) {
    if (!EqualsIgnoreCase(special.expect, "100-continue")) return {417, "unknown expectation"};
    head.expect_continue = head.framing != Framing::kNone;
  }
  return kNone;
}

Refusal FrameResponse(ResponseTo request, ResponseHead& head) {
  const Special special = Gather(head.fields);
  head.content_length = 0;
  if (const Refusal bad = CheckFraming(special, head.minor_version, head.content_length))
    return bad;
  head.keep_alive = KeepAlive(special, head.minor_version);
  const bool never = head.status < 200 || head.status == 204 || head.status == 304;
  if (never || request == ResponseTo::kHead) {
    head.framing = Framing::kNone;
    // A server that frames what cannot be there may also send it; do not read that as the next
    // answer.
    if (never &&
        (special.transfer_encodings > 0 || (head.status == 204 && head.content_length > 0)))
      head.keep_alive = false;
    head.content_length = 0;
    return kNone;
  }
  if (special.transfer_encodings > 0) {
    head.framing = Framing::kChunked;
  } else if (special.content_lengths > 0) {
    head.framing = head.content_length > 0 ? Framing::kLength : Framing::kNone;
  } else {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return kNone;
}

}  // namespace fairway::http
