#pragma once
// One inference request through the embedded gateway: body in, server chosen, attempts, answer
// relayed, told to the observer. The I/O around a director::RequestLife; it decides nothing itself.
// Lives in its handler's coroutine frame, on one worker's Loop.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "director/life.h"
#include "director/worker.h"
#include "gateway/metrics.h"
#include "gateway/observer.h"
#include "gateway/options.h"
#include "gateway/relay.h"
#include "http/exchange.h"
#include "http/pool.h"
#include "http/sse.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::gateway {

class InferenceRun;

// What the runs of one worker share.
struct RunContext {
  rt::Loop& loop;
  http::Pool& pool;
  director::Worker& director;
  const Options& options;
  Metrics& metrics;
  Observer& observer;
  InferenceRun* waiting = nullptr;  // head of the list of runs whose answer has not begun
};

class InferenceRun final {
 public:
  InferenceRun(RunContext& context, http::Exchange& exchange, inference::Api api,
               std::string_view request_id);
  InferenceRun(const InferenceRun&) = delete;
  InferenceRun& operator=(const InferenceRun&) = delete;
  ~InferenceRun();

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
  rt::Task<base::Status> HoldUnary(const http::ResponseHead& head, http::BodyPart& part);
  rt::Task<director::AttemptEnd> Answer(http::BodyPart part);
  rt::Task<director::AttemptEnd> BreakOff(base::Status why);
  rt::Task<void> Reject(const director::Rejection& rejection);
  rt::Task<void> RejectBody(const base::Status& why);
  director::AttemptEnd EndOf(const base::Status& failure, director::AttemptEnd otherwise) const;

  void BeginAnswer(const http::ResponseHead& head);
  void ReadFacts(const http::BodyPart& part);
  void CutOff(Cut cut, base::Status why);
  void StopWaiting();
  void Tell(director::Reason reason, int status);

  RunContext& context_;
  http::Exchange& exchange_;
  const director::Worker::LifeLease life_;
  const inference::Api api_;
  http::Lease upstream_;
  rt::Timer total_;
  http::SseScanner events_;
  Relay relay_;
  std::string head_;     // of the request up
  std::string held_;     // a unary answer whose bytes came in several reads, as they came
  std::string payload_;  // of a held chunked answer
  std::string timing_;
  std::string endpoint_;
  uint64_t bytes_in_ = 0;
  int status_ = 0;
  bool event_stream_ = false;
  bool answering_ = false;
  bool told_ = false;
  Cut cut_ = Cut::kNone;
  InferenceRun* next_ = nullptr;
  InferenceRun* previous_ = nullptr;
  bool listed_ = false;
};

}  // namespace fairway::gateway
