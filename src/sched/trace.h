#pragma once
// DecisionTrace: why a decision came out as it did: for each candidate the figures used, each
// score, and what dropped it. A value of fixed size, trivially copyable, without pointers into
// anything that can go away: a ring of them can be kept for ever. Only the first `kept` candidates
// are written.
//
// Names come later: data::EndpointTable::NameOf(id) for endpoints, PluginSpec::type for plugins.

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/endpoint.h"
#include "sched/candidates.h"
#include "sched/plugin.h"
#include "sched/profile.h"

namespace fairway::sched {

inline constexpr size_t kMaxTraced = 32;

// What came of a decision.
enum class Verdict : uint8_t {
  kPicked,
  kPoolEmpty,    // the set has no endpoint
  kNotServed,    // no endpoint serves the model
  kAllFiltered,  // filters left nobody
};
std::string_view VerdictName(Verdict verdict);

struct TracedCandidate {
  model::EndpointId id;
  DroppedBy dropped_by = kNotDropped;
  uint8_t unknown = 0;                              // UnknownFlag bits: these figures are stand-ins
  data::LoraState lora = data::LoraState::kUntold;  // of the adapter asked for
  float waiting = 0;
  float running = 0;
  float kv_usage = 0;
  float in_flight_requests = 0;
  float in_flight_tokens = 0;
  float cached_blocks = 0;
  float total = 0;
  // Clamped to 0..1, in the order of DecisionTrace::scorers; times the weight it is in `total`.
  std::array<float, kMaxScorers> scores;
};

struct DecisionTrace {
  Verdict verdict = Verdict::kPoolEmpty;
  bool all_ejected = false;  // every candidate was ejected, so ejection was not heeded
  uint8_t scorer_count = 0;
  uint8_t filter_count = 0;
  uint16_t ordered = 0;     // candidates[0..ordered) are the list to try, best first
  uint16_t kept = 0;        // candidates written: the ordered, then dropped ones, then others
  uint32_t considered = 0;  // all of them, kept or not
  uint32_t dropped = 0;     // of the considered
  uint64_t set_version = 0;
  uint32_t prompt_blocks = 0;
  std::array<const PluginSpec*, kMaxScorers> scorers{};
  std::array<float, kMaxScorers> weights{};
  std::array<const PluginSpec*, kMaxFilters> filters{};
  std::array<TracedCandidate, kMaxTraced> candidates;

  // "ejected", "probation" or the filter's type; empty for one that stayed.
  std::string_view DroppedByName(const TracedCandidate& candidate) const;
};
static_assert(std::is_trivially_copyable_v<DecisionTrace>);

}  // namespace fairway::sched
