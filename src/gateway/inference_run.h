#pragma once
// One request through the embedded gateway to a model server: body in, server chosen, attempts,
// answer relayed, told to the observer. The I/O around a director::RequestLife; it decides nothing
// itself. Lives in its handler's coroutine frame, on one worker's Loop.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "director/life.h"
#include "director/worker.h"
#include "gateway/held_answer.h"
#include "gateway/metrics.h"
#include "gateway/observer.h"
#include "gateway/options.h"
#include "gateway/relay.h"
#include "http/exchange.h"
#include "http/pool.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::gateway {

class InferenceRun;

// What the runs of one worker share.
struct RunContext {
  rt::Loop& loop;
  http::Pool& pool;
  base::Rng& ids;  // of requests and traces
  director::Worker& director;
  std::shared_ptr<const Options> options;  // replaced whole
  Metrics& metrics;
  Observer& observer;
  InferenceRun* waiting = nullptr;  // head of the list of runs whose answer has not begun
};

class InferenceRun final : private HeldAnswer::Listener {
 public:
  InferenceRun(RunContext& context, http::Exchange& exchange, const director::Arrival& arrival);
  InferenceRun(const InferenceRun&) = delete;
  InferenceRun& operator=(const InferenceRun&) = delete;
  ~InferenceRun() override;

  rt::Task<void> Run();

  // Called about once a second for every run in context.waiting: leaves a server that was found
  // hung.
  void LeaveHungServer();
  InferenceRun* next_waiting() const { return next_; }

 private:
  enum class Cut : unsigned char { kNone, kClientGone, kHung, kTotalTime };

  rt::Task<std::optional<director::Rejection>> Decide(std::string_view body);
  rt::Task<director::AttemptEnd> Attempt(const model::Endpoint& endpoint, std::string_view body);
  rt::Task<base::Result<const http::ResponseHead*>> SendRequest(const model::Endpoint& endpoint,
                                                                std::string_view body);
  rt::Task<director::AttemptEnd> TakeAnswer(const http::ResponseHead& head);
  rt::Task<director::AttemptEnd> Answer();
  rt::Task<director::AttemptEnd> BreakOff(base::Status why);
  rt::Task<void> Reject(const director::Rejection& rejection);
  rt::Task<void> RejectBody(const base::Status& why);
  director::AttemptEnd EndOf(const base::Status& failure, director::AttemptEnd otherwise) const;
  director::AttemptEnd EndOfWhole() const;

  void OnBytes() override { life_->Progressed(context_.loop.Now()); }
  void BeginAnswer(const http::ResponseHead& head);
  void WriteHead(const model::Endpoint& endpoint, size_t body_bytes);
  void CutOff(Cut cut, base::Status why);
  void StopWaiting();
  void Tell(director::Reason reason, int status);

  RunContext& context_;
  const std::shared_ptr<const Options> options_;  // as they were when it began
  http::Exchange& exchange_;
  const director::Worker::LifeLease life_;
  http::Lease upstream_;
  rt::Timer total_;
  HeldAnswer held_;
  Relay relay_;
  std::string head_;  // of the request up
  std::string timing_;
  std::string trace_;  // of ours; empty while the client's holds
  std::string endpoint_;
  uint64_t bytes_in_ = 0;
  int status_ = 0;
  bool answering_ = false;
  bool told_ = false;
  Cut cut_ = Cut::kNone;
  InferenceRun* next_ = nullptr;
  InferenceRun* previous_ = nullptr;
  bool listed_ = false;
};

}  // namespace fairway::gateway
