#include "loadgen/load.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "base/rng.h"
#include "loadgen/bodies.h"
#include "loadgen/connection.h"
#include "rt/event.h"

namespace fairway::loadgen {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
constexpr size_t kMaxEndpoints = 1024;
// Requests without an answer are looked for this often; a closed loop's connection that was refused
// rests as long.
constexpr base::Duration kSweepEvery = std::chrono::milliseconds(20);

class LoadRun final : public Connection::Owner {
 public:
  LoadRun(net::Network& network, LoadOptions options)
      : network_(network),
        requests_(PrepareRequests(options)),
        rng_(options.seed),
        buffer_(kBufferBytes),
        arrival_timer_([this] { OnArrivalDue(); }),
        begin_timer_([this] { BeginCounting(); }),
        end_timer_([this] { EndCounting(); }),
        sweep_timer_([this] { Sweep(); }),
        finished_(network.loop()) {
    report_.request_bytes = requests_.front().body_bytes;
    report_.options = std::move(options);
  }

  rt::Task<LoadReport> Run() {
    began_ = Now();
    count_from_ = began_ + options().warmup;
    count_until_ = count_from_ + options().duration;
    loop().Start(begin_timer_, options().warmup);
    loop().Start(end_timer_, options().warmup + options().duration);
    loop().Start(sweep_timer_, kSweepEvery);
    if (options().arrivals == Arrivals::kOpen) {
      OnArrivalDue();
    } else {
      const uint64_t connections =
          std::min<uint64_t>(options().connections, options().max_requests);
      for (uint64_t i = 0; i < connections; ++i) SendNow(NewConnection(), Now());
    }
    co_await finished_.Wait();
    co_return std::move(report_);
  }

 private:
  const LoadOptions& options() const { return report_.options; }
  rt::Loop& loop() { return network_.loop(); }
  base::TimePoint Now() { return network_.loop().Now(); }
  bool Counted(base::TimePoint due) const { return due >= count_from_ && due < count_until_; }

  // Arrivals.
  base::TimePoint DueTime(uint64_t index) const;
  void OnArrivalDue();
  void Dispatch(base::TimePoint due);
  Connection& NewConnection();
  void SendNow(Connection& connection, base::TimePoint due);
  void UseAgain(Connection& connection);
  bool Issuing() { return Now() < count_until_ && issued_ < options().max_requests; }

  // Connection::Owner.
  void OnAnswer(Connection& connection) override;
  void OnFailure(Connection& connection, Failure failure) override;
  void OnEvents(uint64_t events, base::Duration gap) override;
  void OnReconnect() override { ++report_.reconnects; }

  // Counting.
  void CountFailure(base::TimePoint due, Failure failure);
  void CountAnswer(const Connection& connection);
  void CountEndpoint(std::string_view endpoint);
  SecondRow* RowOf(base::TimePoint time);
  void CountRow(base::TimePoint due, bool ok);
  void BeginCounting();
  void EndCounting();
  void Sweep();
  void FinishIfDone();

  net::Network& network_;
  LoadReport report_;
  const std::vector<PreparedRequest> requests_;
  base::Rng rng_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::vector<Connection*> resting_;  // closed loop, after a refused connection
  std::deque<base::TimePoint> late_;
  uint64_t issued_ = 0;  // due, whatever became of them
  uint64_t in_flight_ = 0;
  uint64_t sent_ = 0;
  base::TimePoint began_{};
  base::TimePoint count_from_{};
  base::TimePoint count_until_{};
  bool counting_ended_ = false;
  std::vector<ProcessUsage> usage_before_;
  base::Duration own_before_{};
  base::Duration machine_before_{};
  rt::Timer arrival_timer_;
  rt::Timer begin_timer_;
  rt::Timer end_timer_;
  rt::Timer sweep_timer_;
  rt::Event finished_;
};

base::TimePoint LoadRun::DueTime(uint64_t index) const {
  return began_ +
         base::Duration(static_cast<int64_t>(static_cast<double>(index) * 1e9 / options().rate));
}

void LoadRun::OnArrivalDue() {
  const base::TimePoint now = Now();
  while (issued_ < options().max_requests) {
    const base::TimePoint due = DueTime(issued_);
    if (due >= count_until_) break;
    if (due > now) {
      loop().Start(arrival_timer_, due - now);
      return;
    }
    ++issued_;
    Dispatch(due);
  }
  FinishIfDone();
}

void LoadRun::Dispatch(base::TimePoint due) {
  if (Counted(due)) {
    ++report_.started;
    if (SecondRow* row = RowOf(due)) ++row->started;
  }
  if (!idle_.empty()) {
    Connection& connection = *idle_.back();
    idle_.pop_back();
    SendNow(connection, due);
  } else if (connections_.size() < options().connections) {
    SendNow(NewConnection(), due);
  } else if (late_.size() < options().max_late) {
    late_.push_back(due);
  } else {
    CountFailure(due, Failure::kDropped);
  }
}

Connection& LoadRun::NewConnection() {
  const auto& targets = options().targets;
  const net::Address& target = targets[connections_.size() % targets.size()];
  connections_.push_back(
      std::make_unique<Connection>(network_, target, options().endpoint_field, buffer_, *this));
  return *connections_.back();
}

void LoadRun::SendNow(Connection& connection, base::TimePoint due) {
  if (options().arrivals == Arrivals::kClosed) {
    ++issued_;
    if (Counted(due)) {
      ++report_.started;
      if (SecondRow* row = RowOf(due)) ++row->started;
    }
  } else if (Counted(due)) {
    report_.lateness.Add(Now() - due);
  }
  ++in_flight_;
  ++sent_;
  const uint32_t group = rng_.Below(static_cast<uint32_t>(requests_.size()));
  connection.Send(requests_[group], DigitsOf(options().seed * 1'000'000'000'000 + sent_), due);
}

void LoadRun::UseAgain(Connection& connection) {
  if (options().arrivals == Arrivals::kClosed) {
    if (Issuing()) return SendNow(connection, Now());
  } else if (!late_.empty()) {
    const base::TimePoint due = late_.front();
    late_.pop_front();
    return SendNow(connection, due);
  } else {
    idle_.push_back(&connection);
  }
  FinishIfDone();
}

void LoadRun::OnAnswer(Connection& connection) {
  --in_flight_;
  CountAnswer(connection);
  UseAgain(connection);
}

void LoadRun::OnFailure(Connection& connection, Failure failure) {
  --in_flight_;
  CountFailure(connection.due(), failure);
  if (failure == Failure::kConnect && options().arrivals == Arrivals::kClosed) {
    resting_.push_back(&connection);
    return FinishIfDone();
  }
  UseAgain(connection);
}

void LoadRun::OnEvents(uint64_t events, base::Duration gap) {
  if (!Counted(Now())) return;
  report_.inter_event.Add(gap);
  for (uint64_t i = 1; i < events; ++i) report_.inter_event.Add(base::Duration());
}

void LoadRun::CountAnswer(const Connection& connection) {
  const ResponseScanner& answer = connection.answer();
  const bool success = answer.status() / 100 == 2;
  const bool stream_asked = options().answer == AnswerKind::kStream;
  const bool stream_whole = answer.is_event_stream() && answer.done_seen() && !answer.error_seen();
  const base::TimePoint due = connection.due();
  if (Counted(due)) {
    ++report_.statuses[answer.status()];
    CountEndpoint(answer.endpoint());
  }
  if (!success) return CountFailure(due, Failure::kStatus);
  if (stream_asked && !stream_whole) return CountFailure(due, Failure::kStream);
  const base::TimePoint now = Now();
  if (Counted(now)) ++report_.answered;
  CountRow(due, true);
  if (!Counted(due)) return;
  ++report_.ok;
  report_.latency.Add(now - due);
  report_.first_byte.Add(connection.first_byte() - due);
  report_.body_bytes += answer.body_bytes();
  report_.events += answer.events();
}

void LoadRun::CountFailure(base::TimePoint due, Failure failure) {
  CountRow(due, false);
  if (Counted(due)) ++report_.failures[static_cast<size_t>(failure)];
}

void LoadRun::CountEndpoint(std::string_view endpoint) {
  if (endpoint.empty()) return;
  if (const auto found = report_.endpoints.find(endpoint); found != report_.endpoints.end()) {
    ++found->second;
  } else if (report_.endpoints.size() < kMaxEndpoints) {
    report_.endpoints.emplace(endpoint, 1);
  }
}

SecondRow* LoadRun::RowOf(base::TimePoint time) {
  if (!Counted(time)) return nullptr;
  const auto second = static_cast<size_t>((time - count_from_) / std::chrono::seconds(1));
  if (report_.seconds.size() <= second) report_.seconds.resize(second + 1);
  return &report_.seconds[second];
}

void LoadRun::CountRow(base::TimePoint due, bool ok) {
  SecondRow* const row = RowOf(Now());
  if (row == nullptr) return;
  ++(ok ? row->ok : row->failed);
  row->sum += Now() - due;
  row->max = std::max(row->max, Now() - due);
}

void LoadRun::BeginCounting() {
  for (const WatchedProcess& process : options().watched) {
    usage_before_.push_back(ReadUsage(process));
  }
  own_before_ = OwnCpu();
  machine_before_ = MachineBusy();
}

void LoadRun::EndCounting() {
  if (std::exchange(counting_ended_, true)) return;
  if (begin_timer_.armed()) BeginCounting();
  report_.elapsed = std::max(Now() - count_from_, base::Duration());
  report_.own_cpu = OwnCpu() - own_before_;
  report_.machine_cpu = MachineBusy() - machine_before_;
  for (size_t i = 0; i < options().watched.size(); ++i) {
    const ProcessUsage after = ReadUsage(options().watched[i]);
    report_.processes.push_back({options().watched[i].name, CpuBetween(usage_before_[i], after),
                                 usage_before_[i].resident_bytes, after.resident_bytes,
                                 after.peak_resident_bytes});
  }
  FinishIfDone();
}

void LoadRun::Sweep() {
  loop().Start(sweep_timer_, kSweepEvery);
  const base::TimePoint oldest = Now() - options().request_timeout;
  while (!late_.empty() && late_.front() < oldest) {
    CountFailure(late_.front(), Failure::kTimeout);
    late_.pop_front();
  }
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (connection.busy() && connection.due() < oldest) connection.Abandon(Failure::kTimeout);
  }
  for (Connection* const connection : std::exchange(resting_, {})) UseAgain(*connection);
  FinishIfDone();
}

void LoadRun::FinishIfDone() {
  if (in_flight_ > 0 || !late_.empty() || finished_.is_set()) return;
  const bool exhausted = issued_ >= options().max_requests;
  if (!exhausted && Now() < count_until_) return;
  // The counted time ends early if there is nothing more to send.
  if (!counting_ended_) return EndCounting();
  finished_.Set();
}

}  // namespace

rt::Task<base::Result<LoadReport>> Run(net::Network& network, LoadOptions options) {
  if (base::Status checked = Check(options); !checked.ok()) co_return checked;
  LoadRun run(network, std::move(options));
  co_return co_await run.Run();
}

}  // namespace fairway::loadgen
