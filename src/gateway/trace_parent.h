#pragma once
// The W3C trace context of a request (https://www.w3.org/TR/trace-context/, level 1): a client's
// goes on as it came, sampled flag and all; where there is none that holds, one is made, so that a
// model server's log lines can be joined. Pure functions.

#include <string>
#include <string_view>

#include "base/rng.h"
#include "http/fields.h"

namespace fairway::gateway {

// Section 3.2: "00-" trace id "-" parent id "-" flags, in lower-case hex, neither id all zero. Of a
// version above 00 more may follow.
bool IsTraceParent(std::string_view value);

// Whether the request brings exactly one that holds. If not, its `tracestate` means nothing either.
bool HasTraceParent(const http::Fields& fields);

// Version 00, not sampled: whether to record it was nobody's decision.
std::string NewTraceParent(base::Rng& rng);

}  // namespace fairway::gateway
