#include "loadgen/tally.h"

#include <algorithm>
#include <utility>

namespace fairway::loadgen {
namespace {

constexpr size_t kMaxEndpoints = 1024;

}  // namespace

Tally::Tally(LoadOptions options, size_t request_bytes) {
  report_.request_bytes = request_bytes;
  report_.options = std::move(options);
}

void Tally::Bound(base::TimePoint from, base::TimePoint until) {
  from_ = from;
  until_ = until;
}

void Tally::CountDue(base::TimePoint due) {
  if (!Counted(due)) return;
  ++report_.started;
  if (SecondRow* row = RowOf(due)) ++row->started;
}

void Tally::CountSent(base::TimePoint due, base::TimePoint now) {
  if (!options().open() || !Counted(due)) return;
  report_.lateness.Add(now - due);
}

void Tally::CountEvents(uint64_t events, base::Duration gap, base::TimePoint now) {
  if (!Counted(now)) return;
  report_.inter_event.Add(gap);
  for (uint64_t i = 1; i < events; ++i) report_.inter_event.Add(base::Duration());
}

Tally::Outcome Tally::CountAnswer(const Connection& connection, base::TimePoint now) {
  const ResponseScanner& answer = connection.answer();
  const bool success = answer.status() / 100 == 2;
  const bool stream_asked = options().answer == AnswerKind::kStream;
  const bool stream_whole = answer.is_event_stream() && answer.done_seen() && !answer.error_seen();
  const base::TimePoint due = connection.due();
  if (Counted(due)) {
    ++report_.statuses[answer.status()];
    CountEndpoint(answer.endpoint());
  }
  if (!success || (stream_asked && !stream_whole)) {
    CountFailure(due, success ? Failure::kStream : Failure::kStatus, now);
    return Outcome::kFailed;
  }
  ++all_answered_;
  if (Counted(now)) ++report_.answered;
  CountRow(due, Outcome::kOk, now);
  if (!Counted(due)) return Outcome::kOk;
  ++report_.ok;
  report_.body_bytes += answer.body_bytes();
  report_.events += answer.events();
  CountTimes(connection, now);
  CountUsage(answer.usage());
  return Outcome::kOk;
}

void Tally::CountTimes(const Connection& connection, base::TimePoint now) {
  const base::Duration first = connection.first_byte() - connection.due();
  report_.latency.Add(now - connection.due());
  report_.first_byte.Add(first);
  const Objective& objective = options().objective;
  const uint64_t events = connection.answer().events();
  const base::Duration per_token =
      events < 2
          ? base::Duration()
          : (connection.last_event() - connection.first_byte()) / static_cast<int64_t>(events - 1);
  const bool soon = objective.first_token.count() == 0 || first <= objective.first_token;
  const bool fast = objective.per_token.count() == 0 || per_token <= objective.per_token;
  if (soon && fast) ++report_.good;
}

void Tally::CountUsage(const TokenUsage& usage) {
  if (!usage.prompt && !usage.completion) return;
  ++report_.tokens.answers;
  report_.tokens.prompt += usage.prompt.value_or(0);
  report_.tokens.completion += usage.completion.value_or(0);
  report_.tokens.cached += usage.cached.value_or(0);
}

void Tally::CountFailure(base::TimePoint due, Failure failure, base::TimePoint now) {
  ++all_failed_;
  CountRow(due, Outcome::kFailed, now);
  if (Counted(due)) ++report_.failures[static_cast<size_t>(failure)];
}

void Tally::CountEndpoint(std::string_view endpoint) {
  if (endpoint.empty()) return;
  if (const auto found = report_.endpoints.find(endpoint); found != report_.endpoints.end()) {
    ++found->second;
  } else if (report_.endpoints.size() < kMaxEndpoints) {
    report_.endpoints.emplace(endpoint, 1);
  }
}

SecondRow* Tally::RowOf(base::TimePoint time) {
  if (!Counted(time)) return nullptr;
  const auto second = static_cast<size_t>((time - from_) / std::chrono::seconds(1));
  if (report_.seconds.size() <= second) report_.seconds.resize(second + 1);
  return &report_.seconds[second];
}

void Tally::CountRow(base::TimePoint due, Outcome outcome, base::TimePoint now) {
  SecondRow* const row = RowOf(now);
  if (row == nullptr) return;
  ++(outcome == Outcome::kOk ? row->ok : row->failed);
  row->sum += now - due;
  row->max = std::max(row->max, now - due);
}

void Tally::Begin() {
  if (std::exchange(began_, true)) return;
  for (const WatchedProcess& process : options().watched) {
    usage_before_.push_back(ReadUsage(process));
  }
  own_before_ = OwnCpu();
  machine_before_ = MachineBusy();
}

void Tally::End(base::TimePoint now) {
  if (std::exchange(ended_, true)) return;
  Begin();
  report_.elapsed = std::max(now - from_, base::Duration());
  report_.own_cpu = OwnCpu() - own_before_;
  report_.machine_cpu = MachineBusy() - machine_before_;
  for (size_t i = 0; i < options().watched.size(); ++i) {
    const ProcessUsage after = ReadUsage(options().watched[i]);
    report_.processes.push_back({options().watched[i].name, CpuBetween(usage_before_[i], after),
                                 usage_before_[i].resident_bytes, after.resident_bytes,
                                 after.peak_resident_bytes});
  }
}

}  // namespace fairway::loadgen
