#include "http/server.h"

#include <utility>

#include "base/check.h"
#include "http/server_connection.h"
#include "rt/gate.h"

namespace fairway::http {

class Server::State {
 public:
  State(net::Network& network, Handler& handler, ServerOptions options)
      : network_(network),
        shared_{.loop = network.loop(),
                .handler = handler,
                .options = std::move(options),
                .buffers = BufferPool(),
                .date = {},
                .counters = {}},
        grace_([this] { AbortAll(); }),
        gate_(network.loop()) {}

  base::Status Listen(const net::Address& at, net::PortSharing sharing) {
    CHECK(listener_ == nullptr);
    listener_ = TRY(network_.Listen(
        at, sharing, [this](std::unique_ptr<net::Stream> stream) { Adopt(std::move(stream)); }));
    return base::Status();
  }

  const net::Address& local() const {
    CHECK(listener_ != nullptr);
    return listener_->local();
  }

  void Adopt(std::unique_ptr<net::Stream> stream) {
    if (shared_.draining || shared_.counters.open >= shared_.options.connections) {
      ++shared_.counters.refused;
      return;  // which closes it
    }
    ++shared_.counters.accepted;
    auto connection = std::make_unique<ServerConnection>(shared_, std::move(stream));
    rt::Spawn(ServerConnection::Serve(std::move(connection)), gate_);
  }

  rt::Task<void> Drain(base::Duration grace) {
    StopAccepting();
    shared_.loop.Start(grace_, grace);
    co_await gate_.Drained();
    grace_.Stop();
  }

  rt::Task<void> Stop() {
    StopAccepting();
    AbortAll();
    co_await gate_.Drained();
  }

  ServerCounters counters() const {
    ServerCounters counters = shared_.counters;
    counters.buffered_bytes = shared_.buffers.outstanding_bytes();
    return counters;
  }

 private:
  void StopAccepting() {
    shared_.draining = true;
    if (listener_ != nullptr) listener_->Close();
    for (auto* each = shared_.first; each != nullptr; each = each->next()) each->StartDrain();
  }

  void AbortAll() {
    for (auto* each = shared_.first; each != nullptr; each = each->next())
      each->AbortNow(base::Status(base::Code::kCancelled, "the server stops"));
  }

  net::Network& network_;
  ServerShared shared_;
  std::unique_ptr<net::Listener> listener_;
  rt::Timer grace_;
  rt::Gate gate_;
};

Server::Server(net::Network& network, Handler& handler, ServerOptions options)
    : state_(std::make_unique<State>(network, handler, std::move(options))) {}
Server::~Server() = default;

base::Status Server::Listen(const net::Address& at, net::PortSharing sharing) {
  return state_->Listen(at, sharing);
}
const net::Address& Server::local() const { return state_->local(); }
void Server::Adopt(std::unique_ptr<net::Stream> stream) { state_->Adopt(std::move(stream)); }
rt::Task<void> Server::Drain(base::Duration grace) { return state_->Drain(grace); }
rt::Task<void> Server::Stop() { return state_->Stop(); }
ServerCounters Server::counters() const { return state_->counters(); }

}  // namespace fairway::http
