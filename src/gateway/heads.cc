#include "gateway/heads.h"

#include <array>
#include <charconv>

#include "gateway/trace_parent.h"
#include "http/head_writer.h"
#include "identity/reserved_headers.h"

namespace fairway::gateway {
namespace {

// Fields that the gateway sets itself on the way up.
bool SetByUs(std::string_view name) {
  using http::EqualsIgnoreCase;
  switch (name.size()) {
    case 4:
      return EqualsIgnoreCase(name, "host");
    case 6:
      return EqualsIgnoreCase(name, "expect");
    case 12:
      return EqualsIgnoreCase(name, "x-request-id");
    case 14:
      return EqualsIgnoreCase(name, "content-length");
    default:
      return false;
  }
}

bool IsTraceField(std::string_view name) {
  return http::EqualsIgnoreCase(name, "traceparent") || http::EqualsIgnoreCase(name, "tracestate");
}

// Fields of the answer that are ours to say, whatever a server claims.
bool OursInAnswer(std::string_view name) {
  using http::EqualsIgnoreCase;
  return EqualsIgnoreCase(name, "x-request-id") ||
         identity::Classify(name) == identity::HeaderClass::kOurs ||
         identity::Classify(name) == identity::HeaderClass::kDestination;
}

// There may be several such fields; each can name what belongs to this hop.
bool NamedByAConnectionField(const http::Fields& fields, std::string_view name) {
  for (const http::Field& field : fields) {
    if (field.name.size() == 10 && http::EqualsIgnoreCase(field.name, "connection") &&
        identity::NamedInConnection(field.value, name))
      return true;
  }
  return false;
}

void AppendMilliseconds(base::Duration d, std::string& out) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 base::Milliseconds(d), std::chars_format::fixed, 3);
  out.append(digits.data(), end.ptr);
}

}  // namespace

void WriteUpstreamHead(const http::RequestHead& from, const UpstreamHead& with, std::string& out) {
  http::HeadWriter head(out);
  if (with.url_prefix.empty()) {
    head.Request(from.method, from.target);
  } else {
    std::string target(with.url_prefix);
    target += from.target;
    head.Request(from.method, target);
  }
  head.Add("host", with.host);
  for (const http::Field& field : from.fields) {
    if (identity::Classify(field.name) != identity::HeaderClass::kOrdinary) continue;
    if (with.codings == UpstreamHead::Codings::kNone &&
        http::EqualsIgnoreCase(field.name, "accept-encoding"))
      continue;
    if (!with.traceparent.empty() && IsTraceField(field.name)) continue;
    if (SetByUs(field.name) || NamedByAConnectionField(from.fields, field.name)) continue;
    head.Pass(field);
  }
  if (!with.authorization.empty() && !from.fields.Find("authorization"))
    head.Add("authorization", with.authorization);
  if (!with.traceparent.empty()) head.Add("traceparent", with.traceparent);
  if (!with.upgrade.empty()) head.Add("connection", "upgrade").Add("upgrade", with.upgrade);
  head.Add("x-request-id", with.request_id);
  if (with.body_bytes > 0 || from.method == "POST")
    head.Add("content-length", static_cast<uint64_t>(with.body_bytes));
  head.End();
}

void AppendServerTiming(const ServerTiming& timing, std::string& out) {
  out += "queue;dur=";
  AppendMilliseconds(timing.queue, out);
  out += ", pick;dur=";
  AppendMilliseconds(timing.pick, out);
  out += ", upstream;dur=";
  AppendMilliseconds(timing.upstream, out);
}

bool PassesToClient(const http::ResponseHead& from, std::string_view name, const ClientHead& with) {
  using http::EqualsIgnoreCase;
  const ClientFraming framing = with.framing;
  for (const http::Field& ours : with.more) {
    if (EqualsIgnoreCase(name, ours.name) && ours.name != "set-cookie") return false;
  }
  if (EqualsIgnoreCase(name, "transfer-encoding")) return framing == ClientFraming::kAsItCame;
  if (EqualsIgnoreCase(name, "content-length")) return framing == ClientFraming::kAsItCame;
  if (framing == ClientFraming::kByExchange &&
      (EqualsIgnoreCase(name, "date") || EqualsIgnoreCase(name, "server")))
    return false;
  return !http::IsHopByHop(name, {}) && !from.fields.ListHas("connection", name) &&
         !OursInAnswer(name);
}

void WriteClientHead(const http::ResponseHead& from, const ClientHead& with, std::string& out) {
  http::HeadWriter head(out);
  head.Status(from.status, from.reason);
  for (const http::Field& field : from.fields) {
    if (PassesToClient(from, field.name, with)) head.Pass(field);
  }
  if (with.framing == ClientFraming::kLength)
    head.Add("content-length", static_cast<uint64_t>(with.body_bytes));
  if (with.connection == ClientHead::Connection::kClose) head.Add("connection", "close");
  if (with.connection == ClientHead::Connection::kUpgrade) {
    head.Add("connection", "upgrade");
    head.Add("upgrade", from.fields.Find("upgrade").value_or(""));
  }
  head.Add("x-request-id", with.request_id);
  if (!with.endpoint.empty()) head.Add("x-fairway-endpoint", with.endpoint);
  head.Add("server-timing", with.server_timing);
  head.Add(with.more);
  head.End();
}

}  // namespace fairway::gateway
