#include "gateway/inference_run.h"

#include <utility>

#include "director/verdict.h"
#include "gateway/heads.h"
#include "gateway/rejection.h"
#include "rt/event.h"

namespace fairway::gateway {

using base::Code;
using base::Status;
using director::AttemptEnd;
using director::Reason;
using director::Rejection;

InferenceRun::InferenceRun(RunContext& context, http::Exchange& exchange, inference::Api api,
                           std::string_view request_id)
    : context_(context),
      exchange_(exchange),
      life_(context.director.Begin({.request_id = request_id,
                                    .client = exchange.peer(),
                                    .api = api,
                                    .at = exchange.began(),
                                    .wall = context.loop.WallNow()})),
      api_(api),
      total_([this] {
        CutOff(Cut::kTotalTime, Status(Code::kTimeout, "the request took longer than allowed"));
      }),
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
  const base::Result<std::string_view> body = co_await exchange_.Body(context_.options.body_bytes);
  if (!body.ok()) co_return co_await RejectBody(body.status());
  bytes_in_ = body->size();
  if (const auto rejection = co_await Decide(*body)) co_return co_await Reject(*rejection);

  exchange_.OnPeerGone(
      [this] { CutOff(Cut::kClientGone, Status(Code::kCancelled, "the client is gone")); });
  context_.loop.Start(total_, context_.options.total);
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
    why = {.reason = Reason::kTimeoutTotal, .message = "The request took longer than allowed."};
  co_await Reject(why);
}

// Parses and schedules. A large body is read on the offload pool, so that no stream of this loop
// waits.
rt::Task<std::optional<Rejection>> InferenceRun::Decide(std::string_view body) {
  rt::Loop& loop = context_.loop;
  std::optional<Rejection> rejection;
  const base::TimePoint before = loop.ReadClock();
  if (body.size() < context_.options.offload_bytes) {
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
  if (!rejection) rejection = life_->Schedule(loop.Now());
  life_->SetPickTime(loop.ReadClock() - before);
  co_return rejection;
}

rt::Task<AttemptEnd> InferenceRun::Attempt(const model::Endpoint& endpoint, std::string_view body) {
  base::Result<const http::ResponseHead*> head = co_await SendRequest(endpoint, body);
  if (!head.ok() && cut_ == Cut::kNone && upstream_->reused() && upstream_->bytes_received() == 0) {
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
  if (!upstream_) upstream_ = context_.pool.Take({endpoint.ip, endpoint.port, endpoint.tls_name});
  upstream_->LimitWait(context_.options.first_byte);
  WriteUpstreamHead(exchange_.head(),
                    {.host = endpoint.authority,
                     .url_prefix = endpoint.url_prefix,
                     .request_id = life_->request_id(),
                     .body_bytes = body.size(),
                     .authorization = context_.options.upstream_authorization},
                    head_);
  const std::array<std::string_view, 2> pieces = {head_, body};
  if (Status sent = co_await upstream_->Send(pieces); !sent.ok()) co_return sent;
  co_return co_await upstream_->ReadHead();
}

// From here on the answer's head is known but held, until its first body byte shows that the server
// means it: engines send a head long before the first token.
rt::Task<AttemptEnd> InferenceRun::TakeAnswer(const http::ResponseHead& head) {
  const int status = head.status;
  BeginAnswer(head);
  http::BodyPart part;
  if (head.framing == http::Framing::kNone ||
      (head.framing == http::Framing::kLength && head.content_length == 0)) {
    part.end = true;
  } else if (event_stream_) {
    base::Result<http::BodyPart> first = co_await upstream_->ReadBody();
    while (first.ok() && first->raw.empty() && !first->end) first = co_await upstream_->ReadBody();
    if (!first.ok()) co_return EndOf(first.status(), AttemptEnd::kReset);
    part = *first;
    ReadFacts(part);
  } else if (const Status held = co_await HoldUnary(head, part); !held.ok()) {
    co_return EndOf(held, AttemptEnd::kReset);
  }
  const std::string_view seen = payload_.empty() ? std::string_view(part.raw) : payload_;
  if (director::Judge(status, seen, life_->facts) == director::Verdict::kRefused) {
    held_.clear();
    co_return AttemptEnd::kRefused;
  }
  status_ = status;
  co_return co_await Answer(part);
}

// Reads a unary answer up to a limit before any of it goes out, because a server that shuts down
// answers 200 to what it gave up half-way. Usually it is one read and nothing is copied.
rt::Task<base::Status> InferenceRun::HoldUnary(const http::ResponseHead& head,
                                               http::BodyPart& part) {
  const bool chunked = head.framing == http::Framing::kChunked;
  held_.clear();
  payload_.clear();
  http::BodyDecoder before;
  for (bool first = true;; first = false) {
    base::Result<http::BodyPart> next = co_await upstream_->ReadBody();
    if (!next.ok()) co_return next.status();
    life_->Progressed(context_.loop.Now());
    if (first) before = next->before;
    if (chunked) next->ForEachPayload([this](std::string_view run) { payload_.append(run); });
    if (first && next->end) {
      part = *next;
      break;
    }
    held_.append(next->raw);
    if (next->end || held_.size() > context_.options.unary_hold_bytes) {
      part = {.raw = held_, .end = next->end, .before = before, .after = next->after};
      break;
    }
  }
  if (part.end)
    context_.director.usage_reader().ReadBody(chunked ? std::string_view(payload_) : part.raw,
                                              life_->facts);
  co_return Status();
}

rt::Task<AttemptEnd> InferenceRun::Answer(http::BodyPart part) {
  StopWaiting();
  answering_ = true;
  const base::TimePoint now = context_.loop.Now();
  life_->AnswerBegan(now);
  life_->Progressed(now);
  upstream_->LimitWait(context_.options.idle);
  exchange_.ReleaseBody();
  Status sent = co_await relay_.Send(part);
  while (sent.ok() && !part.end) {
    base::Result<http::BodyPart> next = co_await upstream_->ReadBody();
    if (!next.ok()) co_return co_await BreakOff(next.status());
    part = *next;
    life_->Progressed(context_.loop.Now());
    if (event_stream_) ReadFacts(part);
    sent = co_await relay_.Send(part);
  }
  if (!sent.ok()) {
    Tell(Reason::kClientGone, status_);
    co_return AttemptEnd::kClientGone;
  }
  Tell(Reason::kNone, status_);
  co_return status_ >= 500 ? AttemptEnd::kServerError : AttemptEnd::kAnswered;
}

// The answer stopped in the middle. A stream is told so in its own language; any other answer is
// cut.
rt::Task<AttemptEnd> InferenceRun::BreakOff(Status why) {
  const AttemptEnd end = EndOf(why, AttemptEnd::kReset);
  const Reason reason = cut_ == Cut::kClientGone      ? Reason::kClientGone
                        : cut_ == Cut::kTotalTime     ? Reason::kTimeoutTotal
                        : end == AttemptEnd::kTimeout ? Reason::kTimeoutIdle
                                                      : Reason::kUpstreamReset;
  if (reason != Reason::kClientGone && event_stream_) {
    const Rejection rejection{.reason = reason,
                              .message = "The model server's answer ended early."};
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
      return AttemptEnd::kTimeout;
    case Cut::kNone:
      break;
  }
  if (failure.code() == Code::kTimeout && otherwise != AttemptEnd::kConnectFailed)
    return AttemptEnd::kTimeout;
  return otherwise;
}

void InferenceRun::BeginAnswer(const http::ResponseHead& head) {
  const std::string_view type = head.fields.Find("content-type").value_or("");
  event_stream_ = head.status == 200 && type.starts_with("text/event-stream");
  events_.Reset();
  held_.clear();
  payload_.clear();
  life_->facts = {};
  timing_.clear();
  AppendServerTiming(
      {.pick = life_->pick_time(), .upstream = context_.loop.Now() - exchange_.began()}, timing_);
  relay_.Begin(head, {.request_id = life_->request_id(),
                      .endpoint = context_.options.endpoint_header == EndpointHeader::kShow
                                      ? std::string_view(endpoint_)
                                      : std::string_view(),
                      .server_timing = timing_});
}

void InferenceRun::ReadFacts(const http::BodyPart& part) {
  inference::UsageReader& reader = context_.director.usage_reader();
  part.ForEachPayload([&](std::string_view run) {
    events_.Feed(run,
                 [&](const http::SseEvent& event) { reader.ReadEvent(event.data, life_->facts); });
  });
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
                        std::to_string(context_.options.body_bytes) + ").";
  } else if (why.code() != Code::kInvalid) {
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
