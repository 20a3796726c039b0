#include "http/head_parser.h"

#include <algorithm>
#include <cstring>

#include "http/framing.h"
#include "http/scan.h"

namespace fairway::http {
namespace {

ParseResult Refuse(int status, std::string_view message) {
  return {.state = ParseState::kError, .status = status, .message = message};
}
ParseResult Refuse(const Refusal& refusal) { return Refuse(refusal.status, refusal.message); }

// Walks over the lines of a head. Each read takes what it names and advances, or leaves a verdict.
class Cursor {
 public:
  Cursor(const char* begin, const char* end) : at_(begin), end_(end) {}

  const char* at() const { return at_; }
  ParseResult verdict() const { return verdict_; }

  // The bytes of this line up to CR LF, no control but tab among them; then stands behind it.
  bool TakeLine(std::string_view& line) {
    const char* stop = FindControl(at_, end_);
    if (!TakeCrLf(stop)) return false;
    line = {at_, stop};
    at_ = stop + 2;
    return true;
  }

  // Whether the empty line comes now; steps over it. False with a verdict, or if a field comes.
  bool TakeEmptyLine() {
    if (at_ != end_ && *at_ != '\r') return false;
    if (!TakeCrLf(at_)) return false;
    at_ += 2;
    return true;
  }

  // name ":" OWS value OWS CR LF
  bool TakeField(Field& field) {
    const char* stop = at_;
    while (stop != end_ && IsTokenByte(*stop)) ++stop;
    if (stop == end_) return NeedMore();
    if (*stop != ':' || stop == at_) {
      if (*stop == ' ' || *stop == '\t') {
        return stop == at_ ? Bad("folded field line") : Bad("space in a field name");
      }
      return Bad("malformed field name");
    }
    field.name = {at_, stop};
    at_ = stop + 1;
    std::string_view value;
    if (!TakeLine(value)) return false;
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    field.value = value;
    return true;
  }

  bool failed() const { return verdict_.state == ParseState::kError; }
  bool stopped() const { return stopped_; }

 private:
  bool TakeCrLf(const char* stop) {
    if (stop == end_) return NeedMore();
    if (*stop != '\r') return Bad(*stop == '\n' ? "bare LF" : "control byte in a head");
    if (stop + 1 == end_) return NeedMore();
    if (stop[1] != '\n') return Bad("bare CR");
    return true;
  }
  bool NeedMore() {
    stopped_ = true;
    return false;
  }
  bool Bad(std::string_view message) {
    stopped_ = true;
    verdict_ = Refuse(400, message);
    return false;
  }

  const char* at_;
  const char* end_;
  bool stopped_ = false;
  ParseResult verdict_;
};

// Whether the end of a head may lie in these bytes. The first look says yes, as most heads come
// whole; later ones search only the new bytes for an empty line.
bool MayBeWhole(std::string_view bytes, HeadProgress& progress) {
  const size_t from = progress.searched;
  progress.searched = bytes.size();
  if (from == 0) return true;
  // Three bytes of "\r\n\r\n" may have been there; a bare LF shows as an end as well, and is
  // refused then.
  for (size_t at = from - std::min<size_t>(from, 3);;) {
    const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (found == nullptr) return false;
    at = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == 0 || bytes[at - 1] != '\r') return true;
    if (at >= 3 && bytes[at - 2] == '\n') return true;
    if (++at == bytes.size()) return false;
  }
}

// Fields up to and with the empty line. kDone with no verdict of its own on what they say.
ParseResult ReadFields(Cursor& cursor, const HeadLimits& limits, Fields& fields) {
  const size_t most = std::min(limits.fields, Fields::kMax);
  while (!cursor.TakeEmptyLine()) {
    Field field;
    if (cursor.stopped() || !cursor.TakeField(field)) return cursor.verdict();
    if (fields.size() >= most) return Refuse(431, "too many header fields");
    fields.Add(field.name, field.value);
  }
  return {.state = ParseState::kDone};
}

// The version at the end of a request line or the start of a status line.
Refusal ReadVersion(std::string_view text, int& minor) {
  if (text == "HTTP/1.1") {
    minor = 1;
  } else if (text == "HTTP/1.0") {
    minor = 0;
  } else if (text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.') {
    return {505, "HTTP version not supported"};
  } else {
    return {400, "malformed HTTP version"};
  }
  return {};
}

// Takes scheme and authority off an absolute-form target.
Refusal ReadAbsolute(RequestHead& head) {
  std::string_view rest = head.target;
  const size_t scheme = rest.find("://");
  if (scheme == std::string_view::npos) return {400, "malformed request target"};
  const std::string_view name = rest.substr(0, scheme);
  if (!EqualsIgnoreCase(name, "http") && !EqualsIgnoreCase(name, "https"))
    return {400, "unknown scheme in the request target"};
  rest.remove_prefix(scheme + 3);
  const size_t path = rest.find_first_of("/?");
  head.host = rest.substr(0, path);
  if (head.host.empty() || !std::ranges::all_of(head.host, IsHostByte))
    return {400, "malformed authority in the request target"};
  if (path == std::string_view::npos) {
    head.target = "/";
  } else if (rest[path] == '?') {
    return {400, "request target without a path"};
  } else {
    head.target = rest.substr(path);
  }
  return {};
}

Refusal ReadRequestLine(std::string_view line, const HeadLimits& limits, RequestHead& head) {
  const size_t space = line.find(' ');
  const size_t last = line.rfind(' ');
  if (space == std::string_view::npos || space == last || space == 0)
    return {400, "malformed request line"};
  head.method = line.substr(0, space);
  head.target = line.substr(space + 1, last - space - 1);
  head.host = {};
  if (!std::ranges::all_of(head.method, IsTokenByte)) return {400, "malformed method"};
  if (head.target.size() > limits.target) return {414, "request target too long"};
  if (head.target.empty() || !std::ranges::all_of(head.target, IsTargetByte))
    return {400, "malformed request target"};
  if (const Refusal bad = ReadVersion(line.substr(last + 1), head.minor_version)) return bad;
  if (head.target.front() == '/') return {};
  if (head.method == "CONNECT") return {501, "CONNECT is not supported"};
  if (head.target == "*" && head.method == "OPTIONS") return {};
  return ReadAbsolute(head);
}

Refusal ReadStatusLine(std::string_view line, ResponseHead& head) {
  if (const Refusal bad = ReadVersion(line.substr(0, 8), head.minor_version)) return bad;
  const std::string_view rest = line.substr(8);
  const auto digit = [&rest](size_t i) { return rest[i] >= '0' && rest[i] <= '9'; };
  if (rest.size() < 4 || rest[0] != ' ' || rest[1] == '0' || !digit(1) || !digit(2) || !digit(3))
    return {400, "malformed status line"};
  if (rest.size() > 4 && rest[4] != ' ') return {400, "malformed status line"};
  head.status = (rest[1] - '0') * 100 + (rest[2] - '0') * 10 + (rest[3] - '0');
  head.reason = rest.size() > 5 ? rest.substr(5) : std::string_view();
  return {};
}

// The limit on bytes holds whether or not the end of the head has come.
ParseResult Limited(ParseResult result, std::string_view bytes, const HeadLimits& limits) {
  const size_t used = result.state == ParseState::kDone ? result.consumed : bytes.size();
  if (result.state != ParseState::kError && used > limits.bytes) {
    const bool in_first_line = bytes.substr(0, limits.bytes).find('\n') == std::string_view::npos;
    return in_first_line ? Refuse(414, "request line too long") : Refuse(431, "head too large");
  }
  return result;
}

ParseResult ReadRequest(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
  size_t skipped = 0;
  while (skipped < 4 && bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
  Cursor cursor(bytes.data() + skipped, bytes.data() + bytes.size());
  std::string_view line;
  if (!cursor.TakeLine(line)) return cursor.verdict();
  if (const Refusal bad = ReadRequestLine(line, limits, out)) return Refuse(bad);
  out.fields.Clear();
  ParseResult result = ReadFields(cursor, limits, out.fields);
  if (result.state != ParseState::kDone) return result;
  if (const Refusal bad = FrameRequest(out)) return Refuse(bad);
  result.consumed = static_cast<size_t>(cursor.at() - bytes.data());
  return result;
}

ParseResult ReadResponse(std::string_view bytes, const HeadLimits& limits, ResponseTo request,
                         ResponseHead& out) {
  Cursor cursor(bytes.data(), bytes.data() + bytes.size());
  std::string_view line;
  if (!cursor.TakeLine(line)) return cursor.verdict();
  if (line.size() < 8) return Refuse(400, "malformed status line");
  if (const Refusal bad = ReadStatusLine(line, out)) return Refuse(bad);
  out.fields.Clear();
  ParseResult result = ReadFields(cursor, limits, out.fields);
  if (result.state != ParseState::kDone) return result;
  if (const Refusal bad = FrameResponse(request, out)) return Refuse(bad);
  result.consumed = static_cast<size_t>(cursor.at() - bytes.data());
  return result;
}

}  // namespace

ParseResult ParseRequestHead(std::string_view bytes, const HeadLimits& limits,
                             HeadProgress& progress, RequestHead& out) {
  if (!MayBeWhole(bytes, progress)) return Limited({}, bytes, limits);
  return Limited(ReadRequest(bytes, limits, out), bytes, limits);
}

ParseResult ParseResponseHead(std::string_view bytes, const HeadLimits& limits,
                              HeadProgress& progress, ResponseTo request, ResponseHead& out) {
  if (!MayBeWhole(bytes, progress)) return Limited({}, bytes, limits);
  return Limited(ReadResponse(bytes, limits, request, out), bytes, limits);
}

}  // namespace fairway::http
