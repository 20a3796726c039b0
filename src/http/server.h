#pragma once
// Accepts connections and has a Handler answer their requests: HTTP/1.1 with keep-alive and
// pipelining, and HTTP/2 where the client begins with its preface. One server a Loop (workers share
// a port with PortSharing::kSharedByWorkers). Every phase has a limit; malformed requests are
// answered here and never reach the handler.
//
// A steady connection allocates nothing a request, and an idle one holds no buffer.

#include <memory>

#include "base/status.h"
#include "http/exchange.h"
#include "http/server_options.h"
#include "net/network.h"
#include "rt/task.h"

namespace fairway::http {

class Server {
 public:
  // network and handler outlive it.
  Server(net::Network& network, Handler& handler, ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Drops every connection. Handlers must be done: await Drain or Stop first.
  ~Server();

  base::Status Listen(const net::Address& at, net::PortSharing sharing);
  // The listener's real address; Listen succeeded before.
  const net::Address& local() const;
  // Takes over a stream that somebody else accepted.
  void Adopt(std::unique_ptr<net::Stream> stream);

  // Stops accepting, closes idle connections, lets handlers finish and says `connection: close` to
  // their clients. Done when no connection is left; whatever runs after `grace` is aborted.
  rt::Task<void> Drain(base::Duration grace);
  // Aborts everything; done when no handler runs any more.
  rt::Task<void> Stop();

  ServerCounters counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fairway::http
