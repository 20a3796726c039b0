#pragma once
// The heads that the gateway writes itself: the client's request as the model server gets it, the
// server's answer as the client gets it. Everything that belongs to one hop, or that a client must
// not decide, stays behind; the rest goes through byte for byte.

#include <span>
#include <string>
#include <string_view>

#include "gateway/options.h"
#include "http/head.h"

namespace fairway::gateway {

// How the answer's body is framed towards the client.
enum class ClientFraming : unsigned char {
  kAsItCame,    // the upstream's own framing, forwarded untouched
  kLength,      // a held unary answer: content-length is its size
  kUntilClose,  // an upstream that ends by closing
  kByExchange,  // the exchange frames the payload, and dates the answer, itself
};

struct UpstreamHead {
  std::string_view host;        // the endpoint's authority
  std::string_view url_prefix;  // "/base" or empty
  std::string_view request_id;
  size_t body_bytes = 0;
  std::string_view upgrade = {};        // the protocol asked for; empty: none is
  std::string_view traceparent = {};    // of ours, if the client has none that holds
  std::string_view authorization = {};  // sent if the client sends none; empty: nothing is
  // A coded answer can only be passed as it is; ask for none where it has to be read.
  enum class Codings : unsigned char { kAsAsked, kNone } codings = Codings::kAsAsked;
};
// Writes into `out` (cleared first), which its owner uses again.
void WriteUpstreamHead(const http::RequestHead& from, const UpstreamHead& with, std::string& out);

// What the brain and the upstream cost this request.
struct ServerTiming {
  base::Duration queue{0};
  base::Duration pick{0};
  base::Duration upstream{0};
};
// "queue;dur=0.0, pick;dur=0.009, upstream;dur=41.3" (milliseconds).
void AppendServerTiming(const ServerTiming& timing, std::string& out);

struct ClientHead {
  std::string_view request_id;
  std::string_view endpoint;  // empty: not shown
  std::string_view server_timing;
  ClientFraming framing = ClientFraming::kAsItCame;
  size_t body_bytes = 0;  // for kLength
  enum class Connection : unsigned char {
    kKeepAlive,
    kClose,
    kUpgrade
  } connection = Connection::kKeepAlive;
  // Further ones of ours; a server's of the same name stay behind, cookies excepted.
  std::span<const http::Field> more = {};
};
void WriteClientHead(const http::ResponseHead& from, const ClientHead& with, std::string& out);

// Whether a field of the server's answer goes on to the client.
bool PassesToClient(const http::ResponseHead& from, std::string_view name, const ClientHead& with);

// Calls visit(name, value) for each field that the client gets, those of the framing and the
// connection left out: they are the exchange's, as in ClientFraming::kByExchange.
template <class Visit>
void ForEachClientField(const http::ResponseHead& from, const ClientHead& with, Visit&& visit) {
  for (const http::Field& field : from.fields) {
    if (PassesToClient(from, field.name, with)) visit(field.name, field.value);
  }
  visit("x-request-id", with.request_id);
  if (!with.endpoint.empty()) visit("x-fairway-endpoint", with.endpoint);
  visit("server-timing", with.server_timing);
  for (const http::Field& field : with.more) visit(field.name, field.value);
}

}  // namespace fairway::gateway
