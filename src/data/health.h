#pragma once
// Health: which endpoints are ejected because they fail or hang, learned from the requests sent
// there.
//
// Five failures in a row eject an endpoint for 10 s, doubling to 300 s at each further ejection.
// When the time is over it is on probation: one request of ours at a time, until the first success
// makes it whole or the first failure ejects it again. Invariant: at most half of the pool, rounded
// down, is ejected, so one endpoint alone never is.
//
// Hung: requests of ours in flight there (other than those whose client does not take what came),
// and for 30 s no byte on any stream and no token counter moved. Progress disproves it and brings
// the endpoint back at once.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "data/in_flight.h"
#include "data/slots.h"
#include "model/endpoint.h"

namespace fairway::data {

// How an attempt at an endpoint ended. What the client caused (it left, its body was bad, the
// server's own 4xx) is kClientCaused and says nothing about the endpoint.
enum class Outcome : uint8_t {
  kSuccess,
  kConnectFailed,
  kReset,
  kServerError,  // 5xx
  kStalled,      // a time limit of ours passed
  kClientCaused,
};
inline constexpr size_t kOutcomes = 6;

enum class Standing : uint8_t { kIn, kProbation, kEjected };
enum class EjectReason : uint8_t { kNone, kFailing, kHung };
std::string_view StandingName(Standing standing);
std::string_view EjectReasonName(EjectReason reason);

struct HealthOptions {
  uint32_t failures_to_eject = 5;
  base::Duration first_ejection = std::chrono::seconds(10);
  base::Duration longest_ejection = std::chrono::seconds(300);
  base::Duration hung_after = std::chrono::seconds(30);
  // For a server that never showed a token counter: a unary answer may then be computed in silence.
  base::Duration hung_after_blind = std::chrono::seconds(300);
};

class Health {
 public:
  explicit Health(const HealthOptions& options = {}) : options_(options) {}

  // Owner, after each publication: the pool now has these members.
  void SetMembers(const model::EndpointSet& members);

  // What a report led to, for whoever writes the log line.
  enum class Verdict : uint8_t { kNothing, kEjected, kBack };

  // Any worker. A success costs one relaxed load while all is well; a failure takes a lock.
  Verdict Report(model::EndpointId id, Outcome outcome, base::TimePoint now) {
    if (outcome == Outcome::kSuccess &&
        cells_[id.slot].failures.load(std::memory_order_relaxed) == 0) [[likely]]
      return Verdict::kNothing;
    return ReportSlow(id, outcome, now);
  }

  // Any worker: body bytes came from there. Stores at most once in 100 ms.
  void Progress(model::EndpointId id, base::TimePoint now) {
    const int64_t at = now.time_since_epoch().count();
    if (at - cells_[id.slot].last_progress.load(std::memory_order_relaxed) > kProgressStep)
      ProgressSlow(id, at);
  }

  // Any worker: a request in flight there may be quiet for as long as it likes (a tunnel), so it is
  // no sign of hanging. Taken back before the request ends.
  void AddQuiet(model::EndpointId id) { cells_[id.slot].quiet.fetch_add(1); }
  void RemoveQuiet(model::EndpointId id) { cells_[id.slot].quiet.fetch_sub(1); }

  // Scraper: the server's token counters sum to this now. A change is progress; one that fell shows
  // that the server started anew.
  enum class TokenChange : uint8_t { kNone, kMoved, kStartedAnew };
  TokenChange TokensSeen(model::EndpointId id, uint64_t total, base::TimePoint now);

  // Control loop, each second. Ejects what hangs, and returns it, for the log.
  std::vector<model::EndpointId> FindHung(const InFlight& in_flight, base::TimePoint now);

  // Moves whenever an endpoint is found hung: a worker remembers it at pick time, and aborts and
  // retries what waits there without a body byte once it moved. Any worker, each.
  uint32_t HungEpoch(model::EndpointId id) const {
    return cells_[id.slot].hung_epoch.load(std::memory_order_relaxed);
  }
  // Moves with any of them, so that a worker need not look at each request every turn.
  uint64_t HungVersion() const { return hung_version_.load(std::memory_order_relaxed); }

  // Any worker. False: every member is kIn, no need to ask for each.
  bool AnyTrouble() const { return troubled_.load(std::memory_order_relaxed) != 0; }
  Standing StandingOf(model::EndpointId id, base::TimePoint now) const {
    const Cell& cell = cells_[id.slot];
    const int64_t until = cell.until.load(std::memory_order_relaxed);
    if (until == 0 || cell.generation.load(std::memory_order_relaxed) != id.generation)
      return Standing::kIn;
    return now.time_since_epoch().count() < until ? Standing::kEjected : Standing::kProbation;
  }

  // Any thread: makes an endpoint whole by hand. False if it is no member or was in already.
  bool Reinstate(model::EndpointId id);

  struct Reading {
    Standing standing = Standing::kIn;
    EjectReason reason = EjectReason::kNone;  // of the last ejection, while not kIn
    base::TimePoint until{};                  // end of the ejection, while not kIn
    uint32_t failures_in_a_row = 0;
    uint32_t ejections_in_a_row = 0;  // since the last success
    base::TimePoint last_progress{};  // zero: none seen
    uint32_t hung_epoch = 0;
    uint64_t ejections = 0;                      // since it joined
    std::array<uint64_t, kOutcomes> outcomes{};  // failures by Outcome; successes are not counted
  };
  // Any thread; for the admin page.
  Reading Read(model::EndpointId id, base::TimePoint now) const;

 private:
  static constexpr int64_t kProgressStep = 100'000'000;  // ns

  // Times are nanoseconds of LoopClock. Atomic fields are read without the lock.
  struct alignas(64) Cell {
    std::atomic<uint32_t> generation;
    std::atomic<uint32_t> failures;  // in a row; not 0 while ejected or on probation
    std::atomic<int64_t> until;      // 0: in
    std::atomic<int64_t> last_progress;
    std::atomic<uint32_t> hung_epoch;
    std::atomic<uint32_t> quiet;  // requests in flight that may be
    std::atomic<EjectReason> reason;
  };
  // Under the lock.
  struct Record {
    int64_t watched_from;  // hanging is judged from here at the earliest
    uint64_t tokens_total;
    bool tokens_known;
    uint32_t ejections_in_a_row;
    uint64_t ejections;
    uint64_t outcomes[kOutcomes];
  };

  Verdict ReportSlow(model::EndpointId id, Outcome outcome, base::TimePoint now);
  void ProgressSlow(model::EndpointId id, int64_t at);
  bool EjectLocked(model::EndpointId id, EjectReason reason, int64_t now);
  void MakeWholeLocked(uint32_t slot);
  void EndHangLocked(uint32_t slot);
  void HoldLimitLocked();
  bool HangsLocked(model::EndpointId id, const InFlight& in_flight, int64_t now);

  const HealthOptions options_;
  SlotArray<Cell> cells_;
  std::atomic<uint32_t> troubled_{0};  // members with until != 0
  std::atomic<uint64_t> hung_version_{0};
  mutable std::mutex mutex_;
  SlotArray<Record> records_;
  std::vector<model::EndpointId> members_;
};

}  // namespace fairway::data
