#include "loadgen/load.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <queue>
#include <utility>

#include "loadgen/arrivals.h"
#include "loadgen/connection.h"
#include "loadgen/make_workload.h"
#include "loadgen/tally.h"
#include "rt/event.h"

namespace fairway::loadgen {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
// Sessions between two turns. Beyond it a session ends early.
constexpr size_t kMaxThinking = 1'000'000;
// Requests without an answer are looked for this often.
constexpr base::Duration kSweepEvery = std::chrono::milliseconds(20);
// A closed loop's user whose connection was refused rests as long.
constexpr base::Duration kRest = std::chrono::milliseconds(20);
constexpr base::Duration kTellEvery = std::chrono::seconds(1);

struct DueRequest {
  base::TimePoint at{};
  RequestId id;
  bool operator>(const DueRequest& other) const {
    return at != other.at ? at > other.at : id.session > other.id.session;
  }
};

class LoadRun final : public Connection::Owner {
 public:
  LoadRun(net::Network& network, LoadOptions options, OnProgress on_progress)
      : network_(network),
        on_progress_(std::move(on_progress)),
        workload_(MakeWorkload(options)),
        tally_(std::move(options), workload_->body_bytes()),
        buffer_(kBufferBytes),
        arrival_timer_([this] { SendDue(); }),
        begin_timer_([this] { tally_.Begin(); }),
        end_timer_([this] { EndCounting(); }),
        sweep_timer_([this] { Sweep(); }),
        progress_timer_([this] { Tell(); }),
        finished_(network.loop()) {}

  rt::Task<LoadReport> Run() {
    began_ = Now();
    until_ = began_ + options().warmup + options().duration;
    tally_.Bound(began_ + options().warmup, until_);
    loop().Start(begin_timer_, options().warmup);
    loop().Start(end_timer_, until_ - began_);
    loop().Start(sweep_timer_, kSweepEvery);
    if (on_progress_) loop().Start(progress_timer_, kTellEvery);
    if (options().open()) {
      arrivals_.emplace(options());
      NextArrival();
    } else {
      for (uint64_t i = 0; i < options().connections; ++i) BeginSession(began_);
    }
    SendDue();
    co_await finished_.Wait();
    co_return std::move(tally_.report());
  }

 private:
  const LoadOptions& options() const { return tally_.options(); }
  rt::Loop& loop() { return network_.loop(); }
  base::TimePoint Now() { return network_.loop().Now(); }

  // What is due, and when.
  void NextArrival();
  void BeginSession(base::TimePoint at);
  void AfterTurn(const Connection& connection, Tally::Outcome outcome);
  bool TakeEarliest(DueRequest& out);
  void SendDue();
  void Dispatch(const DueRequest& due);
  Connection& NewConnection();
  void SendNow(Connection& connection, const DueRequest& due);
  void UseAgain(Connection& connection);

  // Connection::Owner.
  void OnAnswer(Connection& connection) override;
  void OnFailure(Connection& connection, Failure failure) override;
  void OnEvents(uint64_t events, base::Duration gap) override {
    tally_.CountEvents(events, gap, Now());
  }
  void OnReconnect() override { tally_.CountReconnect(); }

  void EndCounting();
  void Sweep();
  void Tell();
  bool NothingMoreToSend() const;
  void FinishIfDone();

  net::Network& network_;
  OnProgress on_progress_;
  const std::unique_ptr<Workload> workload_;
  Tally tally_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::optional<ArrivalTimes> arrivals_;  // open
  std::optional<base::TimePoint> next_arrival_;
  // Further turns; in a closed loop every request.
  std::priority_queue<DueRequest, std::vector<DueRequest>, std::greater<>> scheduled_;
  std::deque<DueRequest> late_;
  uint64_t sessions_ = 0;  // begun
  uint64_t issued_ = 0;    // due, whatever became of them
  uint64_t in_flight_ = 0;
  uint64_t sent_ = 0;
  base::TimePoint began_{};
  base::TimePoint until_{};
  rt::Timer arrival_timer_;
  rt::Timer begin_timer_;
  rt::Timer end_timer_;
  rt::Timer sweep_timer_;
  rt::Timer progress_timer_;
  rt::Event finished_;
};

void LoadRun::NextArrival() {
  next_arrival_.reset();
  if (sessions_ == workload_->sessions()) return;
  if (const std::optional<base::Duration> after = arrivals_->Next()) {
    next_arrival_ = began_ + *after;
  }
}

void LoadRun::BeginSession(base::TimePoint at) {
  if (sessions_ < workload_->sessions()) scheduled_.push({at, {sessions_++, 0}});
}

// The session goes on, or its user begins another.
void LoadRun::AfterTurn(const Connection& connection, Tally::Outcome outcome) {
  const bool answered = outcome == Tally::Outcome::kOk;
  const RequestId id = connection.id();
  const bool more = answered && id.turn + 1 < workload_->turns();
  if (more && scheduled_.size() < kMaxThinking) {
    scheduled_.push({Now() + options().think, {id.session, id.turn + 1}});
  } else if (!options().open()) {
    BeginSession(Now() + (answered ? options().think : base::Duration()));
  }
}

// Takes the next request that is due within the load's time; false if there is none yet.
bool LoadRun::TakeEarliest(DueRequest& out) {
  if (issued_ >= options().max_requests) return false;
  const bool turn =
      !scheduled_.empty() && (!next_arrival_.has_value() || scheduled_.top().at <= *next_arrival_);
  if (!turn && !next_arrival_.has_value()) return false;
  const base::TimePoint at = turn ? scheduled_.top().at : *next_arrival_;
  if (at >= until_) return false;
  if (at > Now()) {
    loop().Start(arrival_timer_, at - Now());
    return false;
  }
  ++issued_;
  if (turn) {
    out = scheduled_.top();
    scheduled_.pop();
  } else {
    out = {at, {sessions_++, 0}};
    NextArrival();
  }
  return true;
}

void LoadRun::SendDue() {
  DueRequest due;
  while (TakeEarliest(due)) Dispatch(due);
  FinishIfDone();
}

void LoadRun::Dispatch(const DueRequest& due) {
  tally_.CountDue(due.at);
  if (!idle_.empty()) {
    Connection& connection = *idle_.back();
    idle_.pop_back();
    SendNow(connection, due);
  } else if (connections_.size() < options().connections) {
    SendNow(NewConnection(), due);
  } else if (late_.size() < options().max_late) {
    late_.push_back(due);
    if (tally_.Counted(due.at)) ++tally_.report().waited;
  } else {
    tally_.CountFailure(due.at, Failure::kDropped, Now());
  }
}

Connection& LoadRun::NewConnection() {
  const auto& targets = options().targets;
  const net::Address& target = targets[connections_.size() % targets.size()];
  connections_.push_back(
      std::make_unique<Connection>(network_, target, options().endpoint_field, buffer_, *this));
  return *connections_.back();
}

void LoadRun::SendNow(Connection& connection, const DueRequest& due) {
  tally_.CountSent(due.at, Now());
  ++in_flight_;
  ++sent_;
  workload_->Make(due.id, connection.request());
  connection.Send(due.at, due.id);
}

void LoadRun::UseAgain(Connection& connection) {
  if (late_.empty()) {
    idle_.push_back(&connection);
    // What is due next may use the connection that is free now.
    if (!scheduled_.empty()) return SendDue();
    return FinishIfDone();
  }
  const DueRequest due = late_.front();
  late_.pop_front();
  SendNow(connection, due);
}

void LoadRun::OnAnswer(Connection& connection) {
  --in_flight_;
  AfterTurn(connection, tally_.CountAnswer(connection, Now()));
  UseAgain(connection);
}

void LoadRun::OnFailure(Connection& connection, Failure failure) {
  --in_flight_;
  tally_.CountFailure(connection.due(), failure, Now());
  if (!options().open() && failure == Failure::kConnect) {
    BeginSession(Now() + kRest);
  } else {
    AfterTurn(connection, Tally::Outcome::kFailed);
  }
  UseAgain(connection);
}

void LoadRun::EndCounting() {
  tally_.End(Now());
  FinishIfDone();
}

void LoadRun::Sweep() {
  loop().Start(sweep_timer_, kSweepEvery);
  const base::TimePoint oldest = Now() - options().request_timeout;
  while (!late_.empty() && late_.front().at < oldest) {
    tally_.CountFailure(late_.front().at, Failure::kTimeout, Now());
    late_.pop_front();
  }
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (connection.busy() && connection.due() < oldest) connection.Abandon(Failure::kTimeout);
  }
  FinishIfDone();
}

void LoadRun::Tell() {
  loop().Start(progress_timer_, kTellEvery);
  on_progress_({.elapsed = Now() - began_,
                .sent = sent_,
                .answered = tally_.all_answered(),
                .failed = tally_.all_failed(),
                .in_flight = in_flight_,
                .waiting = late_.size()});
}

bool LoadRun::NothingMoreToSend() const {
  return issued_ >= options().max_requests || (!next_arrival_.has_value() && scheduled_.empty());
}

void LoadRun::FinishIfDone() {
  if (in_flight_ > 0 || !late_.empty() || finished_.is_set()) return;
  if (!NothingMoreToSend() && Now() < until_) return;
  // The counted time ends early if there is nothing more to send.
  if (!tally_.ended()) tally_.End(Now());
  finished_.Set();
}

}  // namespace

rt::Task<base::Result<LoadReport>> Run(net::Network& network, LoadOptions options,
                                       OnProgress on_progress) {
  if (base::Status checked = Check(options); !checked.ok()) co_return checked;
  LoadRun run(network, std::move(options), std::move(on_progress));
  co_return co_await run.Run();
}

}  // namespace fairway::loadgen
