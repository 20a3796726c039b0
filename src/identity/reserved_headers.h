#pragma once
// Which request headers a gateway must not take from a client: those that name a destination, those
// that carry a decision of ours or of an operator (priority, tenant, model), and those that belong
// to one hop only. Names are compared without regard to case; classifying allocates nothing.

#include <string_view>

namespace fairway::identity {

enum class HeaderClass : unsigned char {
  kOrdinary,     // the client's own: forwarded
  kHopByHop,     // about this connection (RFC 9110 7.6.1, and old proxy-*): never forwarded
  kDestination,  // names where to send to: never believed, never forwarded
  kPolicy,  // objective, fairness id, model rewrite, latency goals: `serve` drops it, `epp` may
            // believe it
  kOurs,    // x-fairway-*: only we write it
};

HeaderClass Classify(std::string_view name);

// Whether a Connection header's value names `header`, which makes it hop-by-hop too. Never true for
// headers that frame or address the message (host, content-length, content-type, authorization,
// ...): a client must not be able to strip those by naming them.
bool NamedInConnection(std::string_view connection_value, std::string_view header);

}  // namespace fairway::identity
