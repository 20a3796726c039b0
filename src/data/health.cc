#include "data/health.h"

#include <algorithm>

namespace fairway::data {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

int64_t Nanoseconds(base::TimePoint at) { return at.time_since_epoch().count(); }

}  // namespace

std::string_view StandingName(Standing standing) {
  switch (standing) {
    case Standing::kIn:
      return "in";
    case Standing::kProbation:
      return "probation";
    case Standing::kEjected:
      return "ejected";
  }
  return "";
}

std::string_view EjectReasonName(EjectReason reason) {
  switch (reason) {
    case EjectReason::kNone:
      return "";
    case EjectReason::kFailing:
      return "failing";
    case EjectReason::kHung:
      return "hung";
  }
  return "";
}

void Health::SetMembers(const model::EndpointSet& members) {
  const std::lock_guard lock(mutex_);
  for (const model::EndpointId id : members_) {
    if (members.Find(id) != nullptr) continue;
    MakeWholeLocked(id.slot);
    cells_[id.slot].generation.store(0, kRelaxed);  // nothing that is still reported counts
  }
  members_.clear();
  for (const model::Endpoint& endpoint : members.endpoints()) {
    const model::EndpointId id = endpoint.id;
    members_.push_back(id);
    Cell& cell = cells_[id.slot];
    if (cell.generation.load(kRelaxed) == id.generation) continue;
    records_[id.slot] = {};
    cell.last_progress.store(0, kRelaxed);
    cell.generation.store(id.generation, kRelaxed);
  }
  HoldLimitLocked();
}

// After members left, too many of the rest may be ejected: those that come back soonest do so now.
void Health::HoldLimitLocked() {
  std::vector<model::EndpointId> ejected;
  for (const model::EndpointId id : members_) {
    if (cells_[id.slot].until.load(kRelaxed) != 0) ejected.push_back(id);
  }
  std::sort(ejected.begin(), ejected.end(), [&](model::EndpointId a, model::EndpointId b) {
    const int64_t until_a = cells_[a.slot].until.load(kRelaxed);
    const int64_t until_b = cells_[b.slot].until.load(kRelaxed);
    return until_a != until_b ? until_a < until_b : a < b;
  });
  for (size_t i = 0; i + members_.size() / 2 < ejected.size(); ++i)
    MakeWholeLocked(ejected[i].slot);
}

Health::Verdict Health::ReportSlow(model::EndpointId id, Outcome outcome, base::TimePoint now) {
  if (outcome == Outcome::kClientCaused) return Verdict::kNothing;
  const std::lock_guard lock(mutex_);
  Cell& cell = cells_[id.slot];
  if (cell.generation.load(kRelaxed) != id.generation) return Verdict::kNothing;
  const int64_t until = cell.until.load(kRelaxed);
  const bool ejected = until != 0 && Nanoseconds(now) < until;
  if (outcome == Outcome::kSuccess) {
    // An old stream that ends well does not shorten an ejection.
    if (ejected) return Verdict::kNothing;
    MakeWholeLocked(id.slot);
    return until != 0 ? Verdict::kBack : Verdict::kNothing;
  }
  ++records_[id.slot].outcomes[static_cast<size_t>(outcome)];
  // What was on its way when the endpoint was ejected is the same failure, not a further one.
  if (ejected) return Verdict::kNothing;
  const uint32_t failures = cell.failures.load(kRelaxed) + 1;
  cell.failures.store(failures, kRelaxed);
  if (failures < options_.failures_to_eject) return Verdict::kNothing;
  return EjectLocked(id, EjectReason::kFailing, Nanoseconds(now)) ? Verdict::kEjected
                                                                  : Verdict::kNothing;
}

void Health::ProgressSlow(model::EndpointId id, int64_t at) {
  Cell& cell = cells_[id.slot];
  if (cell.generation.load(kRelaxed) != id.generation) return;
  cell.last_progress.store(at, kRelaxed);
  if (cell.reason.load(kRelaxed) != EjectReason::kHung) [[likely]]
    return;
  const std::lock_guard lock(mutex_);
  EndHangLocked(id.slot);
}

Health::TokenChange Health::TokensSeen(model::EndpointId id, uint64_t total, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (cells_[id.slot].generation.load(kRelaxed) != id.generation) return TokenChange::kNone;
  Record& record = records_[id.slot];
  const bool moved = record.tokens_known && record.tokens_total != total;
  const bool fell = moved && total < record.tokens_total;
  record.tokens_known = true;
  record.tokens_total = total;
  if (!moved) return TokenChange::kNone;
  cells_[id.slot].last_progress.store(Nanoseconds(now), kRelaxed);
  EndHangLocked(id.slot);
  return fell ? TokenChange::kStartedAnew : TokenChange::kMoved;
}

std::vector<model::EndpointId> Health::FindHung(const InFlight& in_flight, base::TimePoint now) {
  std::vector<model::EndpointId> hung;
  const std::lock_guard lock(mutex_);
  for (const model::EndpointId id : members_) {
    if (!HangsLocked(id, in_flight, Nanoseconds(now))) continue;
    Cell& cell = cells_[id.slot];
    // One that cannot be ejected keeps its requests: there would be nowhere to retry them.
    const bool ejected = Nanoseconds(now) < cell.until.load(kRelaxed);
    if (!ejected && !EjectLocked(id, EjectReason::kHung, Nanoseconds(now))) continue;
    records_[id.slot].watched_from = Nanoseconds(now);
    cell.hung_epoch.fetch_add(1, kRelaxed);
    hung.push_back(id);
  }
  if (!hung.empty()) hung_version_.fetch_add(1, kRelaxed);
  return hung;
}

bool Health::HangsLocked(model::EndpointId id, const InFlight& in_flight, int64_t now) {
  Record& record = records_[id.slot];
  if (in_flight.Awaited(id.slot) <= cells_[id.slot].quiet.load()) {
    record.watched_from = now;  // the next request's silence counts from its own time
    return false;
  }
  if (record.watched_from == 0) record.watched_from = now;
  const int64_t progress = cells_[id.slot].last_progress.load(kRelaxed);
  const base::Duration silence(now - std::max(progress, record.watched_from));
  return silence > (record.tokens_known ? options_.hung_after : options_.hung_after_blind);
}

bool Health::Reinstate(model::EndpointId id) {
  const std::lock_guard lock(mutex_);
  const Cell& cell = cells_[id.slot];
  if (cell.generation.load(kRelaxed) != id.generation || cell.until.load(kRelaxed) == 0)
    return false;
  MakeWholeLocked(id.slot);
  return true;
}

// False when half of the pool is ejected already.
bool Health::EjectLocked(model::EndpointId id, EjectReason reason, int64_t now) {
  Cell& cell = cells_[id.slot];
  size_t ejected = 0;
  for (const model::EndpointId other : members_)
    ejected += now < cells_[other.slot].until.load(kRelaxed) ? 1 : 0;
  if (ejected + 1 > members_.size() / 2) return false;
  Record& record = records_[id.slot];
  base::Duration length = options_.first_ejection;
  for (uint32_t i = 0; i < record.ejections_in_a_row && length < options_.longest_ejection; ++i)
    length *= 2;
  length = std::min(length, options_.longest_ejection);
  ++record.ejections_in_a_row;
  ++record.ejections;
  // A success must find the count moved, whatever the reason (the fast path of Report).
  cell.failures.store(std::max(cell.failures.load(kRelaxed), options_.failures_to_eject), kRelaxed);
  cell.reason.store(reason, kRelaxed);
  if (cell.until.load(kRelaxed) == 0) troubled_.fetch_add(1, kRelaxed);
  cell.until.store(now + length.count(), kRelaxed);
  return true;
}

void Health::MakeWholeLocked(uint32_t slot) {
  Cell& cell = cells_[slot];
  if (cell.until.load(kRelaxed) != 0) troubled_.fetch_sub(1, kRelaxed);
  cell.until.store(0, kRelaxed);
  cell.failures.store(0, kRelaxed);
  cell.reason.store(EjectReason::kNone, kRelaxed);
  records_[slot].ejections_in_a_row = 0;
}

// Something moved after all. The next ejection is still a longer one, until a success; the count of
// 1 makes that success look.
void Health::EndHangLocked(uint32_t slot) {
  if (cells_[slot].reason.load(kRelaxed) != EjectReason::kHung) return;
  const uint32_t ejections_in_a_row = records_[slot].ejections_in_a_row;
  MakeWholeLocked(slot);
  records_[slot].ejections_in_a_row = ejections_in_a_row;
  cells_[slot].failures.store(1, kRelaxed);
}

Health::Reading Health::Read(model::EndpointId id, base::TimePoint now) const {
  Reading reading;
  const std::lock_guard lock(mutex_);
  const Cell& cell = cells_[id.slot];
  if (cell.generation.load(kRelaxed) != id.generation) return reading;
  const Record& record = records_[id.slot];
  reading.standing = StandingOf(id, now);
  reading.reason = cell.reason.load(kRelaxed);
  reading.until = base::TimePoint(base::Duration(cell.until.load(kRelaxed)));
  reading.failures_in_a_row = cell.failures.load(kRelaxed);
  reading.ejections_in_a_row = record.ejections_in_a_row;
  reading.last_progress = base::TimePoint(base::Duration(cell.last_progress.load(kRelaxed)));
  reading.hung_epoch = cell.hung_epoch.load(kRelaxed);
  reading.ejections = record.ejections;
  std::copy(std::begin(record.outcomes), std::end(record.outcomes), reading.outcomes.begin());
  return reading;
}

}  // namespace fairway::data
