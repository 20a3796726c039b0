#include "http/h2/server_connection.h"

#include <chrono>
#include <utility>

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

// For the client to hear that the connection takes no new streams, before it is enforced; sooner if
// it answers a PING.
constexpr base::Duration kShutdownNotice = std::chrono::seconds(1);

H2TransportOptions TransportOptions(const ServerOptions& options) {
  return {
      .session = {.role = H2Role::kServer, .limits = options.h2, .head_bytes = options.head.bytes},
      .write_timeout = options.write_timeout};
}

}  // namespace

H2ServerConnection::H2ServerConnection(ServerShared& shared, std::unique_ptr<net::Stream> stream)
    : OpenConnection(shared),
      transport_(std::move(stream), shared.loop, shared.buffers, TransportOptions(shared.options),
                 *this),
      idle_deadline_(shared.loop, [this] { EndIdle(); }),
      head_deadline_(shared.loop, [this] { EndSlowHead(); }),
      drain_deadline_(shared.loop, [this] { EndDrain(); }),
      ended_(shared.loop),
      gate_(shared.loop) {}

rt::Task<void> H2ServerConnection::Serve(std::unique_ptr<H2ServerConnection> connection,
                                         std::string already) {
  connection->idle_deadline_.Set(connection->shared().options.idle_timeout);
  if (connection->shared().draining) connection->StartDrain();
  connection->transport_.Start(already);
  co_await connection->ended_.Wait();
  const Status& failure = connection->transport_.failure();
  connection->LoseAll(failure.ok() ? Status(Code::kUnavailable, "the client closed") : failure);
  co_await connection->gate_.Drained();
}

H2StreamPort& H2ServerConnection::OnOpen(int32_t id) {
  idle_deadline_.Clear();
  if (unused_.empty()) {
    H2ExchangeOwner& owner = *this;
    exchanges_.push_back(std::make_unique<H2Exchange>(shared(), transport_, owner));
    unused_.push_back(exchanges_.back().get());
  }
  H2Exchange* exchange = unused_.back();
  unused_.pop_back();
  exchange->Start(id);
  return *exchange;
}

void H2ServerConnection::OnBlockBegin() { head_deadline_.Set(shared().options.head_timeout); }

// Not only while bytes are fed: a stream that the session itself refuses ends when its RST_STREAM
// is written, and the client may never send anything again.
void H2ServerConnection::OnReady(H2Exchange& exchange) {
  ready_.push_back(&exchange);
  if (!ready_job_.queued()) shared().loop.Defer(ready_job_);
}

// Handlers start here, not within the session's callbacks.
void H2ServerConnection::OnFed() {
  ready_job_.Unlink();
  std::vector<H2Exchange*> ready;
  ready.swap(ready_);
  for (H2Exchange* exchange : ready) rt::Spawn(Answer(*exchange), gate_);
  ready.clear();
  if (ready_.empty()) ready_.swap(ready);
}

rt::Task<void> H2ServerConnection::Answer(H2Exchange& exchange) {
  if (!exchange.over()) co_await exchange.Answer();
  Retire(exchange);
}

void H2ServerConnection::Retire(H2Exchange& exchange) {
  exchange.Retire();
  unused_.push_back(&exchange);
  if (unused_.size() < exchanges_.size()) return;
  idle_deadline_.Set(shared().options.idle_timeout);
}

void H2ServerConnection::EndIdle() {
  if (unused_.size() < exchanges_.size()) return;
  transport_.session().Terminate(H2Error::kNone);
  transport_.Close();
}

void H2ServerConnection::EndSlowHead() {
  ++shared().counters.timeouts;
  transport_.session().Terminate(H2Error::kEnhanceYourCalm);
  transport_.Close();
}

void H2ServerConnection::OnStalled() {
  ++shared().counters.timeouts;
  transport_.Abort({Code::kTimeout, "the client does not read"});
}

void H2ServerConnection::StartDrain() {
  if (drain_deadline_.set()) return;
  drain_deadline_.Set(kShutdownNotice);
  transport_.session().SayShutdown();
  transport_.session().Ping();
  transport_.Pump();
}

void H2ServerConnection::OnPingAck() {
  if (drain_deadline_.set()) drain_deadline_.Set(base::Duration(0));
}

void H2ServerConnection::EndDrain() {
  transport_.session().Goaway();
  transport_.Pump();
}

void H2ServerConnection::OnClosing() { LoseAll({Code::kUnavailable, "the connection is closing"}); }

void H2ServerConnection::LoseAll(const Status& reason) {
  for (const auto& exchange : exchanges_) {
    if (exchange->live()) exchange->Lose(reason);
  }
}

}  // namespace fairway::http
