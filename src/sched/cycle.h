#pragma once
// Decide: one scheduling decision, from start to end, without I/O and without waiting.
//
//   members that serve the model -> not ejected -> producers -> filters -> scorers x weights ->
//   picker
//
// Invariant: whatever plugins do, each endpoint of the answer is a member of the set that was
// handed in, serves the model, passed every filter, and stands in the answer once. That nobody is
// left is an answer with a reason, not an error. A decision depends on its arguments alone: same
// columns, same seed, same answer.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "data/pool.h"
#include "model/endpoint.h"
#include "sched/candidates.h"
#include "sched/profile.h"
#include "sched/request.h"
#include "sched/trace.h"

namespace fairway::sched {

// What is known of the pool. `members` is what the worker's Snapshot::Reader holds; the endpoints
// of a Decision live as long as it.
struct PoolView {
  const model::EndpointSet& members;
  const data::LoadColumns& loads;
  const data::InFlight& in_flight;
  const data::Health& health;
};
inline PoolView ViewOf(const model::EndpointSet& members, const data::Pool& pool) {
  return {members, pool.loads, pool.in_flight, pool.health};
}

// A worker's memory for decisions, used again for each. About 150 bytes an endpoint.
struct Scratch {
  Candidates candidates;
  std::vector<uint8_t> marks;
  std::vector<float> scores;  // one row a scorer
  std::vector<float> totals;
  std::vector<float> median;
};

// Less than kMaxTraced, so that a trace of many candidates has room for some that were dropped.
inline constexpr size_t kMaxOrdered = 24;

struct Decision {
  Verdict verdict = Verdict::kPoolEmpty;
  bool all_ejected = false;
  uint32_t count = 0;
  std::array<const model::Endpoint*, kMaxOrdered> endpoints;
  // Leading blocks that each probably has cached: UncachedTokens(request, cached_blocks[i]) is what
  // it must compute, and what InFlight should hold for it.
  std::array<float, kMaxOrdered> cached_blocks;

  bool ok() const { return count != 0; }
  // To be tried in this order.
  std::span<const model::Endpoint* const> ordered() const { return {endpoints.data(), count}; }
};

// Any worker; the scratch, rng and trace are its own. The trace is written whole.
Decision Decide(const Profile& profile, const Request& request, const PoolView& pool,
                base::Rng& rng, Scratch& scratch, DecisionTrace& trace);

}  // namespace fairway::sched
