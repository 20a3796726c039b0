#include "sched/cycle.h"

#include <algorithm>

#include "sched/lanes.h"

namespace fairway::sched {
namespace {

using data::Known;
using data::Standing;

constexpr float kMiddlingKvUsage = 0.5f;

// The members that serve what is asked for.
Verdict Collect(const Request& request, const model::EndpointSet& members, Candidates& candidates) {
  candidates.Clear();
  if (members.endpoints().empty()) return Verdict::kPoolEmpty;
  if (request.served_name().empty()) {
    for (const model::Endpoint& endpoint : members.endpoints()) candidates.Add(endpoint);
    return Verdict::kPicked;
  }
  const model::Served* served = members.FindServed(request.served_name());
  // An adapter that nobody lists: whoever serves its base model can load it.
  if (served == nullptr && !request.adapter.empty() && !request.model.empty())
    served = members.FindServed(request.model);
  if (served == nullptr) return Verdict::kNotServed;
  candidates.AddMembers(members, served->members);
  return Verdict::kPicked;
}

// Median of those whose KV use is known; the lower one of two.
float MedianKvUsage(const Candidates& candidates, std::vector<float>& known) {
  known.clear();
  for (const float usage : candidates.kv_usage()) {
    if (Known(usage)) known.push_back(usage);
  }
  if (known.empty()) return kMiddlingKvUsage;
  const auto middle = known.begin() + static_cast<ptrdiff_t>((known.size() - 1) / 2);
  std::nth_element(known.begin(), middle, known.end());
  return *middle;
}

// Puts stand-ins where figures are missing, and flags them.
void StandIn(Candidates& candidates, std::vector<float>& known_usage) {
  const std::span<float> waiting = candidates.mutable_waiting();
  const std::span<float> running = candidates.mutable_running();
  const std::span<float> kv_usage = candidates.mutable_kv_usage();
  const std::span<const float> ours = candidates.in_flight_requests();
  const std::span<uint8_t> unknown = candidates.mutable_unknown();
  const float median = MedianKvUsage(candidates, known_usage);
  for (size_t i = 0; i < waiting.size(); ++i) {
    unknown[i] = static_cast<uint8_t>((Known(waiting[i]) ? 0 : kWaitingUnknown) |
                                      (Known(running[i]) ? 0 : kRunningUnknown) |
                                      (Known(kv_usage[i]) ? 0 : kKvUsageUnknown));
    if (unknown[i] == 0) continue;
    if (!Known(waiting[i])) waiting[i] = ours[i];
    if (!Known(running[i])) running[i] = ours[i];
    if (!Known(kv_usage[i])) kv_usage[i] = median;
  }
}

void FillLora(const Request& request, const data::LoadColumns& loads, Candidates& candidates) {
  const uint64_t key = data::AdapterKey(request.adapter);
  const std::span<data::LoraState> lora = candidates.mutable_lora();
  for (size_t i = 0; i < lora.size(); ++i)
    lora[i] = loads.LoraStateOf(candidates.ids()[i], key, request.now);
}

// Of an adapter that is not listed: drops who has no room to load it, but never the last.
void HeedSlots(Scratch& scratch) {
  Candidates& candidates = scratch.candidates;
  scratch.marks.resize(candidates.size());
  size_t in = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const data::LoraState state = candidates.lora()[i];
    scratch.marks[i] =
        state == data::LoraState::kWaiting || state == data::LoraState::kFull ? 0 : 1;
    in += scratch.marks[i];
  }
  if (in != 0) candidates.Keep(scratch.marks, kByAdapterSlot);
}

void FillColumns(const Request& request, const PoolView& pool, Scratch& scratch) {
  Candidates& candidates = scratch.candidates;
  pool.in_flight.Gather(candidates.ids(), candidates.mutable_in_flight_requests(),
                        candidates.mutable_in_flight_tokens());
  if (!pool.loads.Gather(candidates.ids(), request.now, candidates.mutable_waiting(),
                         candidates.mutable_running(), candidates.mutable_kv_usage()))
    StandIn(candidates, scratch.median);
  if (!request.adapter.empty()) FillLora(request, pool.loads, candidates);
}

// Drops who is ejected, and who is on probation and busy with one request already; but never the
// last. True if all were ejected and none was dropped.
bool HeedHealth(const Request& request, const data::Health& health, Scratch& scratch) {
  Candidates& candidates = scratch.candidates;
  scratch.marks.resize(candidates.size());
  size_t in = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Standing standing = health.StandingOf(candidates.ids()[i], request.now);
    scratch.marks[i] = standing == Standing::kEjected ? 0 : 1;
    in += scratch.marks[i];
  }
  if (in == 0) return true;
  candidates.Keep(scratch.marks, kByEjection);
  scratch.marks.resize(candidates.size());
  in = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const bool busy = candidates.in_flight_requests()[i] > 0;
    const bool waits =
        busy && health.StandingOf(candidates.ids()[i], request.now) == Standing::kProbation;
    scratch.marks[i] = waits ? 0 : 1;
    in += scratch.marks[i];
  }
  if (in != 0) candidates.Keep(scratch.marks, kByProbation);
  return false;
}

void RunFilters(const Profile& profile, const Request& request, Scratch& scratch) {
  Candidates& candidates = scratch.candidates;
  for (size_t f = 0; f < profile.filters.size(); ++f) {
    scratch.marks.assign(candidates.size(), 1);
    profile.filters[f].plugin->Keep(request, candidates, scratch.marks);
    candidates.Keep(scratch.marks, static_cast<DroppedBy>(kByFilter + f));
  }
}

// One row of clamped scores a scorer in scratch.scores, their weighted sum in scratch.totals.
void RunScorers(const Profile& profile, const Request& request, Scratch& scratch) {
  const size_t count = scratch.candidates.size();
  if (scratch.scores.size() < profile.scorers.size() * count)
    scratch.scores.resize(profile.scorers.size() * count);
  scratch.totals.assign(count, 0.0f);
  for (size_t s = 0; s < profile.scorers.size(); ++s) {
    float* const row = scratch.scores.data() + s * count;
    profile.scorers[s].plugin->Score(request, scratch.candidates, {row, count});
    const float weight = profile.scorers[s].weight;
    OverLanes(count, [&, scores = std::span(row, count)](auto at) {
      const auto clamped = Least(Most(at.Load(scores), at.Fill(0)), at.Fill(1));  // a NaN becomes 0
      at.Store(scores, clamped);
      at.Store(scratch.totals, at.Load(scratch.totals) + clamped * at.Fill(weight));
    });
  }
}

// Asks the picker; takes nothing on trust. Writes candidate indices, returns how many.
size_t RunPicker(const Profile& profile, const Request& request, base::Rng& rng, Scratch& scratch,
                 std::span<uint32_t, kMaxOrdered> order) {
  const size_t count = scratch.candidates.size();
  const size_t picked = std::min(
      profile.picker.plugin->Order(request, scratch.candidates, scratch.totals, rng, order),
      order.size());
  scratch.marks.assign(count, 0);
  size_t valid = 0;
  for (size_t k = 0; k < picked; ++k) {
    const uint32_t candidate = order[k];
    if (candidate >= count || scratch.marks[candidate] != 0) continue;
    scratch.marks[candidate] = 1;
    order[valid++] = candidate;
  }
  return valid;
}

class TraceWriter {
 public:
  TraceWriter(const Profile& profile, const Scratch& scratch, DecisionTrace& trace)
      : scratch_(scratch), trace_(trace) {
    trace.scorer_count = static_cast<uint8_t>(profile.scorers.size());
    trace.filter_count = static_cast<uint8_t>(profile.filters.size());
    for (size_t s = 0; s < profile.scorers.size(); ++s) {
      trace.scorers[s] = profile.scorers[s].spec;
      trace.weights[s] = profile.scorers[s].weight;
    }
    for (size_t f = 0; f < profile.filters.size(); ++f) trace.filters[f] = profile.filters[f].spec;
  }

  // The ordered first, then those that were dropped, then the rest, while there is room.
  void Write(std::span<const uint32_t> order) {
    const Candidates& candidates = scratch_.candidates;
    const size_t size = candidates.size();
    for (const uint32_t candidate : order) Add(candidate);
    for (size_t i = size; i < size + candidates.dropped() && HasRoom(); ++i) Add(i);
    for (size_t i = 0; i < size && HasRoom() && order.size() < size; ++i) {
      if (scratch_.marks[i] == 0) Add(i);  // RunPicker marked those in order
    }
  }

 private:
  bool HasRoom() const { return trace_.kept < kMaxTraced; }

  void Add(size_t i) {
    const Candidates& candidates = scratch_.candidates;
    TracedCandidate& traced = trace_.candidates[trace_.kept++];
    traced.id = candidates.id_at(i);
    traced.dropped_by = candidates.dropped_by(i);
    traced.unknown = candidates.unknown_at(i);
    traced.lora = candidates.lora_at(i);
    traced.waiting = candidates.at(Candidates::kWaiting, i);
    traced.running = candidates.at(Candidates::kRunning, i);
    traced.kv_usage = candidates.at(Candidates::kKvUsage, i);
    traced.in_flight_requests = candidates.at(Candidates::kInFlightRequests, i);
    traced.in_flight_tokens = candidates.at(Candidates::kInFlightTokens, i);
    traced.cached_blocks = candidates.at(Candidates::kCachedBlocks, i);
    const size_t size = candidates.size();
    const bool scored = i < size;
    traced.total = scored ? scratch_.totals[i] : 0;
    for (size_t s = 0; s < trace_.scorer_count; ++s)
      traced.scores[s] = scored ? scratch_.scores[s * size + i] : 0;
  }

  const Scratch& scratch_;
  DecisionTrace& trace_;
};

void Begin(const Request& request, const PoolView& pool, DecisionTrace& trace) {
  trace.all_ejected = false;
  trace.scorer_count = 0;
  trace.filter_count = 0;
  trace.ordered = 0;
  trace.kept = 0;
  trace.considered = 0;
  trace.dropped = 0;
  trace.set_version = pool.members.version();
  trace.prompt_blocks = static_cast<uint32_t>(request.prefix_blocks.size());
}

}  // namespace

Decision Decide(const Profile& profile, const Request& request, const PoolView& pool,
                base::Rng& rng, Scratch& scratch, DecisionTrace& trace) {
  Candidates& candidates = scratch.candidates;
  Decision decision;
  Begin(request, pool, trace);
  decision.verdict = Collect(request, pool.members, candidates);
  trace.verdict = decision.verdict;
  if (decision.verdict != Verdict::kPicked) return decision;

  candidates.Seal();
  trace.considered = static_cast<uint32_t>(candidates.size());
  FillColumns(request, pool, scratch);
  if (!request.adapter.empty() && pool.members.FindServed(request.adapter) == nullptr)
    HeedSlots(scratch);
  if (pool.health.AnyTrouble()) decision.all_ejected = HeedHealth(request, pool.health, scratch);
  for (const Placed<Producer>& producer : profile.producers)
    producer.plugin->Produce(request, candidates);
  RunFilters(profile, request, scratch);

  std::array<uint32_t, kMaxOrdered> order;
  RunScorers(profile, request, scratch);
  const size_t count = RunPicker(profile, request, rng, scratch, order);
  for (size_t k = 0; k < count; ++k) {
    decision.endpoints[k] = candidates.endpoints()[order[k]];
    decision.cached_blocks[k] = candidates.cached_blocks()[order[k]];
  }
  decision.count = static_cast<uint32_t>(count);
  if (count == 0) decision.verdict = Verdict::kAllFiltered;

  trace.verdict = decision.verdict;
  trace.all_ejected = decision.all_ejected;
  trace.ordered = static_cast<uint16_t>(count);
  trace.dropped = static_cast<uint32_t>(candidates.dropped());
  TraceWriter(profile, scratch, trace).Write(std::span(order).first(count));
  return decision;
}

}  // namespace fairway::sched
