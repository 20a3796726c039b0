#pragma once
// How one attempt at a model server ended, and what follows from that: whether another server may
// be tried, what the server's health learns, what the client is told if it was the last.

#include <cstdint>
#include <string_view>

#include "data/health.h"
#include "director/reason.h"

namespace fairway::director {

enum class AttemptEnd : uint8_t {
  kAnswered,       // with an answer that went to the client, whatever its status
  kConnectFailed,  // never stood: costs no retry budget
  kReset,          // died before the answer was whole
  kRefused,        // the server said to go elsewhere (verdict.h)
  kServerError,    // answered 5xx: goes to the client, counts against the server
  kBroken,         // answered 200, and in the middle of it that it failed
  kAborted,        // answered 200, and gave the request up in the middle of it
  kHung,           // taken from a server that moves nothing
  kTimeout,        // one of our limits on the server's silence passed
  kOutOfTime,      // our limit on the whole request passed: says nothing about the server
  kClientGone,     // says nothing about the server
};

enum class Retry : uint8_t { kNo, kFree, kFromBudget };

struct AttemptRule {
  std::string_view name;  // in records, metrics and logs
  Retry retry;            // while no body byte went to the client
  data::Outcome outcome;
  Reason reason;  // told to the client when nobody else is tried
};

const AttemptRule& RuleOf(AttemptEnd end);
inline std::string_view NameOf(AttemptEnd end) { return RuleOf(end).name; }

}  // namespace fairway::director
