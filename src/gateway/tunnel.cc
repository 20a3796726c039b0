#include "gateway/tunnel.h"

#include <array>
#include <chrono>
#include <utility>

#include "director/verdict.h"
#include "gateway/query.h"
#include "gateway/rejection.h"
#include "gateway/trace_parent.h"
#include "json/writer.h"

namespace fairway::gateway {

using base::Status;
using director::AttemptEnd;
using director::Reason;
using director::Rejection;

namespace {

// For a server's answer to the upgrade: nothing is computed for it.
constexpr base::Duration kAnswerLimit = std::chrono::seconds(30);

bool StartsWith(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && http::EqualsIgnoreCase(text.substr(0, lower.size()), lower);
}

}  // namespace

bool AsksToUpgrade(const http::RequestHead& head) {
  if (head.method != "GET" || head.minor_version < 1 || head.framing != http::Framing::kNone)
    return false;
  const auto protocol = head.fields.Find("upgrade");
  if (!protocol || protocol->empty() || !head.fields.ListHas("connection", "upgrade")) return false;
  // One protocol; a list, or a second field, could be read differently by the server.
  if (protocol->find(',') != std::string_view::npos) return false;
  int fields = 0;
  for (const http::Field& field : head.fields)
    fields += http::EqualsIgnoreCase(field.name, "upgrade") ? 1 : 0;
  return fields == 1 && !StartsWith(*protocol, "h2") && !StartsWith(*protocol, "http") &&
         !StartsWith(*protocol, "tls");
}

Tunnel::Tunnel(TunnelContext& context, http::Exchange& exchange, std::string_view request_id)
    : context_(context),
      options_(context.run.options),
      exchange_(exchange),
      life_(context.run.director.Begin({.request_id = request_id,
                                        .client = exchange.peer(),
                                        .content_type = "application/json",
                                        .at = exchange.began(),
                                        .wall = context.run.loop.WallNow()})) {
  context_.run.metrics.active.Add();
}

Tunnel::~Tunnel() {
  exchange_.OnPeerGone({});
  if (!told_) Tell(Reason::kClientGone, 499);
  context_.run.metrics.active.Sub();
}

rt::Task<void> Tunnel::Run() {
  if (auto rejection = Decide()) co_return co_await Reject(*std::move(rejection));
  exchange_.OnPeerGone([this] { ClientGone(); });
  rt::Loop& loop = context_.run.loop;
  while (!client_gone_) {
    const model::Endpoint* endpoint = life_->StartAttempt(loop.Now());
    if (endpoint == nullptr) break;
    endpoint_ = endpoint->name;
    const AttemptEnd end = co_await Attempt(*endpoint);
    upstream_.Release();
    life_->EndAttempt(end, loop.Now());
    context_.run.metrics.attempts.With(endpoint_, director::NameOf(end)).Add();
    if (answering_) co_return;
  }
  if (client_gone_) co_return Tell(Reason::kClientGone, 499);
  co_await Reject(life_->Why());
}

// The query's model stands for the body that other requests have.
std::optional<Rejection> Tunnel::Decide() {
  rt::Loop& loop = context_.run.loop;
  const base::TimePoint before = loop.ReadClock();
  const base::Result<std::string> model = QueryValue(exchange_.head().query(), "model");
  if (!model.ok())
    return Rejection{
        .reason = Reason::kBadRequest, .message = model.status().message(), .param = "model"};
  std::string body;
  if (!model->empty()) json::Writer(body).BeginObject().Member("model", *model).EndObject();
  const size_t bytes = body.size();
  body.append(64, '\0');  // the reader looks so far behind the end
  std::optional<Rejection> rejection = life_->Parse(std::string_view(body).substr(0, bytes));
  if (!rejection) rejection = life_->Schedule(loop.Now());
  life_->SetPickTime(loop.ReadClock() - before);
  return rejection;
}

rt::Task<AttemptEnd> Tunnel::Attempt(const model::Endpoint& endpoint) {
  const Options& options = *options_;
  const http::RequestHead& head = exchange_.head();
  // A new connection: it will not be kept, and a kept one may be closed already.
  upstream_ = context_.run.pool.TakeNew({endpoint.ip, endpoint.port, endpoint.tls_name});
  upstream_->LimitWait(kAnswerLimit);
  const std::string trace =
      HasTraceParent(head.fields) ? std::string() : NewTraceParent(context_.run.ids);
  WriteUpstreamHead(head,
                    {.host = endpoint.authority,
                     .url_prefix = endpoint.url_prefix,
                     .request_id = life_->request_id(),
                     .upgrade = *head.fields.Find("upgrade"),
                     .traceparent = trace,
                     .authorization = options.upstream_authorization},
                    head_);
  const std::array<std::string_view, 1> pieces = {head_};
  const Status sent = co_await upstream_->Send(pieces, http::ResponseTo::kUpgrade);
  const AttemptEnd broken =
      upstream_->connected() ? AttemptEnd::kReset : AttemptEnd::kConnectFailed;
  if (!sent.ok()) co_return client_gone_ ? AttemptEnd::kClientGone : broken;
  const auto answer = co_await upstream_->ReadHead();
  if (!answer.ok()) {
    if (client_gone_) co_return AttemptEnd::kClientGone;
    co_return answer.status().code() == base::Code::kTimeout ? AttemptEnd::kTimeout : broken;
  }
  if ((*answer)->status == 101) co_return co_await Carry(**answer);
  if (director::Judge((*answer)->status, {}, life_->facts) == director::Verdict::kRefused)
    co_return AttemptEnd::kRefused;
  co_return co_await PassAnswer(**answer);
}

rt::Task<AttemptEnd> Tunnel::Carry(const http::ResponseHead& head) {
  rt::Loop& loop = context_.run.loop;
  answering_ = true;
  WriteTiming();
  const bool shown = options_->endpoint_header == EndpointHeader::kShow;
  WriteClientHead(head,
                  {.request_id = life_->request_id(),
                   .endpoint = shown ? std::string_view(endpoint_) : std::string_view(),
                   .server_timing = timing_,
                   .connection = ClientHead::Connection::kUpgrade},
                  head_);
  life_->AnswerBegan(loop.Now());
  life_->MayBeQuiet();
  exchange_.OnPeerGone({});
  const std::array<std::string_view, 1> pieces = {head_};
  const Status sent = co_await exchange_.SendRaw(pieces);
  if (!sent.ok()) {
    Tell(Reason::kClientGone, 101);
    co_return AttemptEnd::kClientGone;
  }
  auto near = exchange_.TakeOver();
  CHECK(near.has_value());  // AsksToUpgrade: this is HTTP/1
  net::RawStream far = upstream_->TakeOver();
  Pump pump(loop, context_.buffers, near->stream, far.stream, options_->tunnel_idle);
  context_.open.Add();
  const Pump::End end = co_await pump.Run(std::move(near->ahead), std::move(far.ahead));
  context_.open.Sub();
  bytes_in_ = pump.bytes_from_near();
  bytes_out_ = head_.size() + pump.bytes_from_far();
  co_return EndOf(end);
}

AttemptEnd Tunnel::EndOf(Pump::End end) {
  switch (end) {
    case Pump::End::kBoth:
      Tell(Reason::kNone, 101);
      return AttemptEnd::kAnswered;
    case Pump::End::kNear:
      Tell(Reason::kClientGone, 101);
      return AttemptEnd::kClientGone;
    case Pump::End::kFar:
      Tell(Reason::kUpstreamReset, 101);
      return AttemptEnd::kReset;
    case Pump::End::kQuiet:
      break;
  }
  Tell(Reason::kTimeoutIdle, 101);
  return AttemptEnd::kAnswered;
}

// The server does not want to: what it says instead.
rt::Task<AttemptEnd> Tunnel::PassAnswer(const http::ResponseHead& head) {
  const int status = head.status;
  const bool body = head.framing != http::Framing::kNone;
  Relay relay(exchange_);
  answering_ = true;
  WriteTiming();
  relay.Begin(head,
              {.request_id = life_->request_id(), .endpoint = endpoint_, .server_timing = timing_});
  life_->AnswerBegan(context_.run.loop.Now());
  http::BodyPart part{.end = !body};
  for (;;) {
    if (body) {
      auto next = co_await upstream_->ReadBody();
      if (!next.ok()) {
        relay.Cut();
        Tell(client_gone_ ? Reason::kClientGone : Reason::kUpstreamReset, status);
        co_return client_gone_ ? AttemptEnd::kClientGone : AttemptEnd::kReset;
      }
      part = *std::move(next);
    }
    const Status sent = co_await relay.Send(part);
    bytes_out_ = relay.bytes_out();
    if (!sent.ok()) {
      Tell(Reason::kClientGone, status);
      co_return AttemptEnd::kClientGone;
    }
    if (part.end) break;
  }
  Tell(Reason::kNone, status);
  co_return status >= 500 ? AttemptEnd::kServerError : AttemptEnd::kAnswered;
}

void Tunnel::ClientGone() {
  client_gone_ = true;
  if (upstream_) upstream_->Abort({base::Code::kCancelled, "the client is gone"});
}

void Tunnel::WriteTiming() {
  timing_.clear();
  AppendServerTiming(
      {.pick = life_->pick_time(), .upstream = context_.run.loop.Now() - exchange_.began()},
      timing_);
}

rt::Task<void> Tunnel::Reject(Rejection rejection) {
  const Reason reason = rejection.reason;
  timing_.clear();
  AppendServerTiming({.pick = life_->pick_time()}, timing_);
  RejectionAnswer answer{.rejection = std::move(rejection),
                         .request_id = life_->request_id(),
                         .server_timing = timing_};
  const Status sent = co_await SendRejection(exchange_, std::move(answer));
  Tell(sent.ok() ? reason : Reason::kClientGone,
       sent.ok() ? director::InfoOf(reason).http_status : 499);
}

void Tunnel::Tell(Reason reason, int status) {
  if (std::exchange(told_, true)) return;
  const base::TimePoint now = context_.run.loop.Now();
  const RequestSummary summary{
      .at = life_->arrival().wall,
      .request_id = life_->request_id(),
      .client = exchange_.peer(),
      .method = exchange_.head().method,
      .path = exchange_.head().path(),
      .status = status,
      .reason = director::InfoOf(reason).name,
      .endpoint = endpoint_,
      .model = life_->model(),
      .bytes_in = bytes_in_,
      .bytes_out = bytes_out_,
      .duration = now - exchange_.began(),
      .pick = life_->pick_time(),
      .attempts = life_->attempts(),
  };
  life_->Finish(reason, status, now);
  context_.run.metrics.Count(summary);
  context_.run.observer.OnFinished(summary);
}

}  // namespace fairway::gateway
