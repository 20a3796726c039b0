#pragma once
// RequestLife: one inference request from its body to its end, as plain calls. Whoever does the I/O
// (a gateway, an ext_proc server, a simulation) tells it what happened and asks what to do next:
//
//   Parse → Schedule → (StartAttempt → EndAttempt)* → Finish
//
// What the request holds (in-flight counts, retry budget) is released by Finish or, if the host
// forgets, by the destructor: a request ends exactly once. Lives on one worker; comes from a Worker
// (director/worker.h), which uses the objects again.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "data/in_flight.h"
#include "director/attempt.h"
#include "director/pools.h"
#include "director/reason.h"
#include "director/record.h"
#include "inference/model_rewrite.h"
#include "inference/parser.h"
#include "inference/request.h"
#include "inference/usage.h"
#include "model/endpoint.h"
#include "sched/plugin.h"
#include "sched/profile.h"
#include "sched/request.h"
#include "sched/trace.h"

namespace fairway::director {

struct WorkerState;

// An answer that is ours, not a model server's.
struct Rejection {
  Reason reason = Reason::kNone;
  std::string message;     // a sentence for the client
  std::string_view param;  // the request's field at fault, a literal; may be empty
};

// What came with the request, besides its body.
struct Arrival {
  std::string_view request_id;
  std::string_view client;  // "127.0.0.1:40312"
  inference::Api api = inference::Api::kNone;
  // As the client says; read by Parse only.
  std::string_view content_type;
  // The stored response that the path names; empty if none. Read by Parse only.
  std::string_view response_id;
  // What is once sent to a server must not be sent to another.
  enum class Repeat : uint8_t { kAllowed, kNever } repeat = Repeat::kAllowed;
  base::TimePoint at{};
  base::WallTime wall{};
};

class RequestLife final {
 public:
  explicit RequestLife(WorkerState& worker) : worker_(worker) {}
  RequestLife(const RequestLife&) = delete;
  RequestLife& operator=(const RequestLife&) = delete;
  ~RequestLife();

  void Begin(const Arrival& arrival);
  // Lets go of the pools it began with. It is finished.
  void Forget();

  // Reads the body; nothing of it is kept by reference.
  std::optional<Rejection> Parse(std::string_view body);
  // The same on another thread, while this worker goes on: touches nothing that the worker shares.
  std::optional<Rejection> ParseElsewhere(std::string_view body);

  // Where a session's token travels, once Parse chose the pool; null: there are no sessions. The
  // host looks there, and brings what it found before Schedule. A bad or old one counts as none.
  const sched::SessionNames* session_names() const;
  void BringSession(std::string_view token);
  // The token to answer with, while an attempt runs or after it was answered; empty: none. Good
  // until the worker's next request asks.
  std::string_view session_token() const;

  // Chooses and ranks the servers, and opens the decision record.
  std::optional<Rejection> Schedule(base::TimePoint now);

  // The next server to try: first the pick, then down the list. Counts the request in flight there.
  // Null when the list or the retry budget is spent: then why() says what to answer.
  const model::Endpoint* StartAttempt(base::TimePoint now);
  // Ends the running attempt. After kAnswered and kServerError there is no other.
  void EndAttempt(AttemptEnd end, base::TimePoint now);
  // What to answer when StartAttempt gives none, from how the attempts ended.
  Rejection Why() const;
  // " (server 10.0.0.1:8000, phase connect)": where the last attempt stood; empty if there was
  // none.
  std::string AtServer(std::string_view phase) const;

  // Bytes came from the server of the running attempt.
  void Progressed(base::TimePoint now);
  // From here the client is to take what came, and here it has taken it: meanwhile the server's
  // silence is not its own.
  void ClientTakes() { hold_.Pause(); }
  void ClientTook() { hold_.Resume(); }
  // Whether that server was found hung since the attempt began.
  bool AttemptHung() const;
  // The running attempt has become a tunnel, whose silence says nothing of the server.
  void MayBeQuiet();
  // The first body byte went to the client; no attempt follows.
  void AnswerBegan(base::TimePoint now);

  // The request is over. `status` is what the client got (499: it was gone).
  void Finish(Reason reason, int status, base::TimePoint now);

  // How long parse and schedule took, measured by the host's clock.
  void SetPickTime(base::Duration took);

  // Whether it may be sent again once it was sent.
  bool repeatable() const { return repeatable_; }
  bool stream() const { return stream_; }
  bool finished() const { return finished_; }
  std::string_view request_id() const { return request_id_; }
  // As the client asked for it.
  std::string_view model() const { return rewrite_ ? rewrite_->from : model_; }
  // Whether some server or the configuration has a model of that name; else it is a client's word.
  bool model_known() const;
  // Set when servers are asked for another model than the client asked for, and what that changes
  // of the body.
  const std::optional<inference::ModelRewrite>& rewrite() const { return rewrite_; }
  const inference::ModelSplice& splice() const { return splice_; }
  uint32_t attempts() const { return attempts_; }
  base::Duration pick_time() const { return pick_time_; }
  const Arrival& arrival() const { return arrival_; }
  std::optional<base::TimePoint> answer_began() const { return answer_began_; }
  // Filled by the host as the answer goes by.
  inference::AnswerFacts facts;

 private:
  std::optional<Rejection> ParseWith(inference::Parser& parser, std::string_view body);
  std::optional<Rejection> TakeModel(const inference::ParsedRequest& parsed, std::string_view body);
  std::optional<Rejection> TakeResponse(std::string_view response_id);
  void RewriteModel(const inference::ParsedRequest& parsed);
  data::Pool& pool() const;
  void UsePool(size_t pool);
  void HashPrompt(const inference::ParsedRequest& parsed);
  Rejection NobodyToAsk(sched::Verdict verdict) const;
  sched::Request ToSchedule(base::TimePoint now) const;
  float CachedBlocks(size_t place) const;
  uint32_t UncachedTokens(size_t place) const;
  void Learn(size_t place, base::TimePoint now);
  void Unlearn(base::TimePoint now);
  const model::Endpoint* Keeper() const;
  void AddLastHopes(base::TimePoint now);
  void TellOfHealth(data::Health::Verdict verdict, AttemptEnd end) const;
  void LetGo();
  DecisionRecord* record() const;

  WorkerState& worker_;
  Arrival arrival_;
  std::string request_id_;
  std::string client_;
  std::string model_;  // that servers are asked for
  std::optional<inference::ModelRewrite> rewrite_;
  inference::ModelSplice splice_;
  double draw_ = 0;  // of [0, 1): which of a rewrite's targets
  // Who keeps the stored response that this is about; the only server that can answer.
  std::optional<model::EndpointId> keeper_;
  bool repeatable_ = true;
  std::vector<uint64_t> blocks_;
  uint64_t prompt_tokens_ = 0;
  uint64_t body_bytes_ = 0;
  uint64_t output_tokens_ = 0;  // expected
  bool stream_ = false;
  bool finished_ = true;

  std::shared_ptr<PoolsView> view_;
  std::vector<PoolState> states_;              // of each pool, as it began
  size_t pool_ = 0;                            // that the model leads to
  const model::EndpointSet* set_ = nullptr;    // of that pool
  const sched::Profile* profile_ = nullptr;    // of that pool
  std::vector<const model::Endpoint*> order_;  // members of set_, best first
  size_t next_ = 0;
  model::EndpointId session_;           // where this session was before
  uint64_t served_by_ = 0;              // NameKey of who runs or ran the last attempt
  std::optional<sched::Pick> learned_;  // what plugins learned of the last attempt, and hold
  const model::Endpoint* current_ = nullptr;
  const model::Endpoint* last_ = nullptr;  // of the last attempt
  data::InFlightHold hold_;
  model::EndpointId quiet_;  // where this request may be quiet
  uint32_t hung_epoch_ = 0;
  uint32_t attempts_ = 0;
  uint32_t retries_taken_ = 0;
  AttemptEnd last_end_ = AttemptEnd::kAnswered;
  base::TimePoint attempt_began_{};
  base::Duration pick_time_{0};
  std::optional<base::TimePoint> answer_began_;
  RecordRing::Handle record_;
};

}  // namespace fairway::director
