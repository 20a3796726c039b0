#pragma once
// Counts into a LoadReport: what is inside the counted time, by when a request was due, and what
// machine and processes used meanwhile. Owned by one run.

#include "loadgen/connection.h"
#include "loadgen/report.h"

namespace fairway::loadgen {

class Tally {
 public:
  enum class Outcome : unsigned char { kOk, kFailed };

  Tally(LoadOptions options, size_t request_bytes);

  LoadReport& report() { return report_; }
  const LoadOptions& options() const { return report_.options; }

  // The counted time is [from, until).
  void Bound(base::TimePoint from, base::TimePoint until);
  bool Counted(base::TimePoint due) const { return due >= from_ && due < until_; }

  void CountDue(base::TimePoint due);
  void CountSent(base::TimePoint due, base::TimePoint now);
  void CountEvents(uint64_t events, base::Duration gap, base::TimePoint now);
  // Whether a whole answer is what was asked for.
  Outcome CountAnswer(const Connection& connection, base::TimePoint now);
  void CountFailure(base::TimePoint due, Failure failure, base::TimePoint now);
  void CountReconnect() { ++report_.reconnects; }

  // Readings of CPU and memory at both ends. End() may come without a Begin().
  void Begin();
  void End(base::TimePoint now);
  bool ended() const { return ended_; }

  // The whole run's, warm-up included.
  uint64_t all_answered() const { return all_answered_; }
  uint64_t all_failed() const { return all_failed_; }

 private:
  void CountEndpoint(std::string_view endpoint);
  void CountUsage(const TokenUsage& usage);
  void CountTimes(const Connection& connection, base::TimePoint now);
  SecondRow* RowOf(base::TimePoint time);
  void CountRow(base::TimePoint due, Outcome outcome, base::TimePoint now);

  LoadReport report_;
  base::TimePoint from_{};
  base::TimePoint until_{};
  uint64_t all_answered_ = 0;
  uint64_t all_failed_ = 0;
  bool began_ = false;
  bool ended_ = false;
  std::vector<ProcessUsage> usage_before_;
  base::Duration own_before_{};
  base::Duration machine_before_{};
};

}  // namespace fairway::loadgen
