#include "gateway/inference_run.h"

#include <algorithm>
#include <utility>

#include "director/verdict.h"
#include "gateway/heads.h"
#include "gateway/rejection.h"
#include "gateway/session.h"
#include "gateway/trace_parent.h"
#include "obs/log.h"
#include "rt/event.h"

namespace fairway::gateway {

using base::Code;
using base::Status;
using director::AttemptEnd;
using director::Reason;
using director::Rejection;

namespace {

// A kept connection that its server had closed breaks as soon as it is used. One that breaks later
// took the request with it.
constexpr base::Duration kStaleWithin = std::chrono::seconds(1);

}  // namespace

InferenceRun::InferenceRun(RunContext& context, http::Exchange& exchange,
                           const director::Arrival& arrival)
    : context_(context),
      options_(context.options),
      exchange_(exchange),
      life_(context.director.Begin(arrival)),
      total_([this] {
        CutOff(Cut::kTotalTime, Status(Code::kTimeout, "the request took longer than allowed"));
      }),
      held_(*options_, context.director.usage_reader(), life_->facts, *this),
      relay_(exchange) {
  context_.metrics.active.Add();
}

InferenceRun::~InferenceRun() {
  exchange_.OnPeerGone({});
  StopWaiting();
  if (!told_) Tell(Reason::kClientGone, 499);
  context_.metrics.active.Sub();
}

rt::Task<void> InferenceRun::Run() {
  const base::Result<std::string_view> body = co_await exchange_.Body(options_->body_bytes);
  if (!body.ok()) co_return co_await RejectBody(body.status());
  bytes_in_ = body->size();
  if (const auto rejection = co_await Decide(*body)) co_return co_await Reject(*rejection);

  exchange_.OnPeerGone(
      [this] { CutOff(Cut::kClientGone, Status(Code::kCancelled, "the client is gone")); });
  // The body and the decision count too.
  context_.loop.Start(total_, options_->total - (context_.loop.Now() - exchange_.began()));
  listed_ = true;
  next_ = context_.waiting;
  if (next_ != nullptr) next_->previous_ = this;
  context_.waiting = this;

  while (cut_ != Cut::kClientGone && cut_ != Cut::kTotalTime) {
    const model::Endpoint* endpoint = life_->StartAttempt(context_.loop.Now());
    if (endpoint == nullptr) break;
    cut_ = Cut::kNone;
    endpoint_ = endpoint->name;
    const AttemptEnd end = co_await Attempt(*endpoint, *body);
    upstream_.Release();
    life_->EndAttempt(end, context_.loop.Now());
    context_.metrics.attempts.With(endpoint_, director::NameOf(end)).Add();
    if (answering_) co_return;
  }
  if (cut_ == Cut::kClientGone) co_return Tell(Reason::kClientGone, 499);
  Rejection why = life_->Why();
  if (cut_ == Cut::kTotalTime)
    why = {.reason = Reason::kTimeoutTotal,
           .message = "The request took longer than allowed" + life_->AtServer("first-byte") + "."};
  co_await Reject(why);
}

// Parses and schedules. A large body is read on the offload pool, so that no stream of this loop
// waits.
rt::Task<std::optional<Rejection>> InferenceRun::Decide(std::string_view body) {
  rt::Loop& loop = context_.loop;
  std::optional<Rejection> rejection;
  const base::TimePoint before = loop.ReadClock();
  if (body.size() < options_->offload_bytes) {
    rejection = life_->Parse(body);
  } else {
    rt::Event parsed(loop);
    director::RequestLife& life = *life_;
    const Status offloaded =
        loop.Offload([&] { rejection = life.ParseElsewhere(body); }, [&] { parsed.Set(); });
    if (!offloaded.ok())
      co_return Rejection{.reason = Reason::kOverloaded,
                          .message = "Too many large requests are being read; try again."};
    co_await parsed.Wait();
  }
  if (const auto* names = life_->session_names(); names != nullptr && !rejection)
    life_->BringSession(FindSessionToken(exchange_.head().fields, names->header, names->cookie));
  if (!rejection) rejection = life_->Schedule(loop.Now());
  life_->SetPickTime(loop.ReadClock() - before);
  co_return rejection;
}

rt::Task<AttemptEnd> InferenceRun::Attempt(const model::Endpoint& endpoint, std::string_view body) {
  const base::TimePoint began = context_.loop.Now();
  base::Result<const http::ResponseHead*> head = co_await SendRequest(endpoint, body);
  const bool stale = !head.ok() && head.status().code() == Code::kUnavailable &&
                     cut_ == Cut::kNone && upstream_->reused() &&
                     upstream_->bytes_received() == 0 && context_.loop.Now() - began < kStaleWithin;
  if (stale) {
    // The server closed the kept connection between two requests: that says nothing about it.
    upstream_ = context_.pool.TakeNew(upstream_->address());
    head = co_await SendRequest(endpoint, body);
  }
  if (!head.ok())
    co_return EndOf(head.status(),
                    upstream_->connected() ? AttemptEnd::kReset : AttemptEnd::kConnectFailed);
  co_return co_await TakeAnswer(**head);
}

rt::Task<base::Result<const http::ResponseHead*>> InferenceRun::SendRequest(
    const model::Endpoint& endpoint, std::string_view body) {
  const net::Address address{endpoint.ip, endpoint.port, endpoint.tls_name, endpoint.alpn};
  // On a kept connection a request can be lost without a trace, and is sent again then.
  if (!upstream_)
    upstream_ = life_->repeatable() ? context_.pool.Take(address) : context_.pool.TakeNew(address);
  upstream_->LimitWait(options_->first_byte);
  const bool head_only = exchange_.head().method == "HEAD";
  std::array<std::string_view, 4> parts;
  parts[1] = body;
  if (life_->rewrite()) std::ranges::copy(life_->splice().Apply(body), parts.begin() + 1);
  size_t body_bytes = 0;
  for (const std::string_view part : parts) body_bytes += part.size();
  WriteHead(endpoint, body_bytes);
  parts[0] = head_;
  const auto pieces = std::span(parts).first(life_->rewrite() ? 4 : 2);
  const http::ResponseTo to = head_only ? http::ResponseTo::kHead : http::ResponseTo::kOther;
  if (Status sent = co_await upstream_->Send(pieces, to); !sent.ok()) co_return sent;
  co_return co_await upstream_->ReadHead();
}

void InferenceRun::WriteHead(const model::Endpoint& endpoint, size_t body_bytes) {
  using Codings = UpstreamHead::Codings;
  // The same for every attempt.
  if (trace_.empty() && !HasTraceParent(exchange_.head().fields))
    trace_ = NewTraceParent(context_.ids);
  WriteUpstreamHead(exchange_.head(),
                    {.host = endpoint.authority,
                     .url_prefix = endpoint.url_prefix,
                     .request_id = life_->request_id(),
                     .body_bytes = body_bytes,
                     .traceparent = trace_,
                     .authorization = options_->upstream_authorization,
                     .codings = life_->rewrite() ? Codings::kNone : Codings::kAsAsked},
                    head_);
}

// From here on the answer's head is known but held, until what follows shows that the server means
// it.
rt::Task<AttemptEnd> InferenceRun::TakeAnswer(const http::ResponseHead& head) {
  const int status = head.status;
  BeginAnswer(head);
  const Status held = co_await held_.Read(*upstream_);
  if (!held.ok()) co_return EndOf(held, AttemptEnd::kReset);
  if (director::Judge(status, held_.payload(), life_->facts) == director::Verdict::kRefused)
    co_return AttemptEnd::kRefused;
  status_ = status;
  co_return co_await Answer();
}

rt::Task<AttemptEnd> InferenceRun::Answer() {
  StopWaiting();
  answering_ = true;
  life_->AnswerBegan(context_.loop.Now());
  upstream_->LimitWait(options_->idle);
  exchange_.ReleaseBody();
  http::BodyPart part = held_.part();
  life_->ClientTakes();
  Status sent = co_await relay_.Send(part);
  life_->ClientTook();
  while (sent.ok() && !part.end) {
    base::Result<http::BodyPart> next = co_await upstream_->ReadBody();
    if (!next.ok()) co_return co_await BreakOff(next.status());
    part = *next;
    OnBytes();
    if (held_.event_stream()) held_.ReadFacts(part);
    life_->ClientTakes();
    sent = co_await relay_.Send(part);
    life_->ClientTook();
  }
  if (!sent.ok()) {
    Tell(Reason::kClientGone, status_);
    co_return AttemptEnd::kClientGone;
  }
  const AttemptEnd end = EndOfWhole();
  Tell(director::RuleOf(end).reason, status_);
  co_return end;
}

// Of an answer that went through whole. A stream can say in its middle that it failed.
AttemptEnd InferenceRun::EndOfWhole() const {
  const inference::AnswerFacts& facts = life_->facts;
  if (status_ >= 500) return AttemptEnd::kServerError;
  if (!held_.event_stream()) return AttemptEnd::kAnswered;
  const bool clients_fault = facts.error_code >= 400 && facts.error_code < 500;
  if (facts.error && !clients_fault) {
    obs::Log(obs::Level::kWarning, "model server failed in the middle of a stream",
             {{"endpoint", endpoint_},
              {"request_id", life_->request_id()},
              {"said", facts.error_message}});
    return AttemptEnd::kBroken;
  }
  return facts.finish == inference::FinishReason::kAbort ? AttemptEnd::kAborted
                                                         : AttemptEnd::kAnswered;
}

// The answer stopped in the middle. A stream is told so in its own language; any other answer is
// cut.
rt::Task<AttemptEnd> InferenceRun::BreakOff(Status why) {
  const AttemptEnd end = EndOf(why, AttemptEnd::kReset);
  const Reason reason = cut_ == Cut::kClientGone      ? Reason::kClientGone
                        : cut_ == Cut::kTotalTime     ? Reason::kTimeoutTotal
                        : end == AttemptEnd::kTimeout ? Reason::kTimeoutIdle
                                                      : Reason::kUpstreamReset;
  if (reason != Reason::kClientGone && held_.event_stream()) {
    const Rejection rejection{
        .reason = reason,
        .message = "The model server's answer ended early" + life_->AtServer("stream") + "."};
    co_await relay_.EndWithError(rejection);
  } else {
    relay_.Cut();
  }
  Tell(reason, status_);
  co_return end;
}

AttemptEnd InferenceRun::EndOf(const Status& failure, AttemptEnd otherwise) const {
  switch (cut_) {
    case Cut::kClientGone:
      return AttemptEnd::kClientGone;
    case Cut::kHung:
      return AttemptEnd::kHung;
    case Cut::kTotalTime:
      return AttemptEnd::kOutOfTime;
    case Cut::kNone:
      break;
  }
  if (failure.code() == Code::kTimeout && otherwise != AttemptEnd::kConnectFailed)
    return AttemptEnd::kTimeout;
  return otherwise;
}

void InferenceRun::BeginAnswer(const http::ResponseHead& head) {
  held_.Begin(head);
  timing_.clear();
  AppendServerTiming(
      {.pick = life_->pick_time(), .upstream = context_.loop.Now() - exchange_.began()}, timing_);
  const SessionFields session(*life_);
  relay_.Begin(head, {.request_id = life_->request_id(),
                      .endpoint = options_->endpoint_header == EndpointHeader::kShow
                                      ? std::string_view(endpoint_)
                                      : std::string_view(),
                      .server_timing = timing_,
                      .more = session.fields(),
                      .rewrite = life_->rewrite() ? &*life_->rewrite() : nullptr});
}

void InferenceRun::CutOff(Cut cut, Status why) {
  if (cut_ != Cut::kNone) return;
  cut_ = cut;
  if (upstream_) upstream_->Abort(std::move(why));
}

void InferenceRun::LeaveHungServer() {
  if (upstream_ && life_->AttemptHung())
    CutOff(Cut::kHung, Status(Code::kUnavailable, "the model server hangs"));
}

void InferenceRun::StopWaiting() {
  if (!listed_) return;
  listed_ = false;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (context_.waiting == this) context_.waiting = next_;
}

rt::Task<void> InferenceRun::RejectBody(const Status& why) {
  Rejection rejection{.reason = Reason::kBadRequest, .message = why.message()};
  if (why.code() == Code::kExhausted) {
    rejection.reason = Reason::kBodyTooLarge;
    rejection.message = "The request body is larger than --max-body-bytes (" +
                        std::to_string(options_->body_bytes) + ").";
  } else if (why.code() != Code::kInvalid && why.code() != Code::kTimeout) {
    co_return Tell(Reason::kClientGone, 499);
  }
  co_await Reject(rejection);
}

rt::Task<void> InferenceRun::Reject(const Rejection& rejection) {
  StopWaiting();
  const int status = director::InfoOf(rejection.reason).http_status;
  timing_.clear();
  AppendServerTiming({.pick = life_->pick_time(), .upstream = base::Duration(0)}, timing_);
  RejectionAnswer answer{
      .rejection = rejection, .request_id = life_->request_id(), .server_timing = timing_};
  const bool sent = (co_await SendRejection(exchange_, std::move(answer))).ok();
  Tell(sent ? rejection.reason : Reason::kClientGone, sent ? status : 499);
}

void InferenceRun::Tell(Reason reason, int status) {
  if (told_) return;
  told_ = true;
  const base::TimePoint now = context_.loop.Now();
  const director::Arrival& arrival = life_->arrival();
  const RequestSummary summary{
      .at = arrival.wall,
      .request_id = life_->request_id(),
      .client = exchange_.peer(),
      .method = exchange_.head().method,
      .path = exchange_.head().path(),
      .status = status,
      .reason = director::InfoOf(reason).name,
      .endpoint = endpoint_,
      .model = life_->model(),
      .model_known = life_->model_known(),
      .stream = life_->stream(),
      .usage = life_->facts.usage,
      .bytes_in = bytes_in_,
      .bytes_out = relay_.bytes_out(),
      .duration = now - exchange_.began(),
      .first_byte = life_->answer_began()
                        ? std::optional(*life_->answer_began() - exchange_.began())
                        : std::nullopt,
      .pick = life_->pick_time(),
      .attempts = life_->attempts(),
  };
  life_->Finish(reason, status, now);
  context_.metrics.Count(summary);
  context_.observer.OnFinished(summary);
}

}  // namespace fairway::gateway
