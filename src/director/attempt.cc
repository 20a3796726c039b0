#include "director/attempt.h"

#include <array>

namespace fairway::director {
namespace {

using data::Outcome;

// In the order of the enum.
constexpr std::array<AttemptRule, 11> kRules = {{
    {"answered", Retry::kNo, Outcome::kSuccess, Reason::kNone},
    {"connect-failed", Retry::kFree, Outcome::kConnectFailed, Reason::kUpstreamConnect},
    {"reset", Retry::kFromBudget, Outcome::kReset, Reason::kUpstreamReset},
    {"refused", Retry::kFromBudget, Outcome::kServerError, Reason::kUpstreamUnavailable},
    {"server-error", Retry::kNo, Outcome::kServerError, Reason::kNone},
    {"broken", Retry::kNo, Outcome::kServerError, Reason::kUpstreamError},
    {"aborted", Retry::kNo, Outcome::kServerError, Reason::kUpstreamAborted},
    {"hung", Retry::kFromBudget, Outcome::kStalled, Reason::kUpstreamUnavailable},
    {"timeout", Retry::kNo, Outcome::kStalled, Reason::kTimeoutFirstByte},
    {"out-of-time", Retry::kNo, Outcome::kClientCaused, Reason::kTimeoutTotal},
    {"client-gone", Retry::kNo, Outcome::kClientCaused, Reason::kClientGone},
}};

}  // namespace

const AttemptRule& RuleOf(AttemptEnd end) { return kRules[static_cast<size_t>(end)]; }

}  // namespace fairway::director
