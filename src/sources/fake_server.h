#pragma once
// A model server for this module's tests: answers /metrics and /v1/models with whatever the test
// sets. For tests only.

#include <chrono>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/server.h"
#include "net/network.h"
#include "rt/sleep.h"
#include "rt/task.h"

namespace fairway::sources {

class FakeServer final : public http::Handler {
 public:
  FakeServer(net::Network& network, const net::Address& at) : server_(network, *this) {
    CHECK(server_.Listen(at, net::PortSharing::kExclusive).ok());
  }

  const net::Address& address() const { return server_.local(); }
  rt::Task<void> Stop() {
    silent = false;
    return server_.Stop();
  }

  rt::Task<void> Handle(http::Exchange& exchange) override {
    const bool metrics_page = exchange.head().path().ends_with("/metrics");
    ++(metrics_page ? metrics_asked : models_asked);
    last_path = exchange.head().path();
    while (silent && !exchange.peer_gone()) {
      co_await rt::Sleep(exchange.loop(), std::chrono::milliseconds(10));
    }
    const std::string page = metrics_page ? metrics : models;
    (void)co_await exchange.Respond(status, "text/plain", page);
  }

  std::string metrics;
  std::string models;
  int status = 200;
  bool silent = false;  // takes requests and does not answer
  size_t metrics_asked = 0;
  size_t models_asked = 0;
  std::string last_path;

 private:
  http::Server server_;
};

}  // namespace fairway::sources
