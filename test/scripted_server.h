#pragma once
// A model server that answers as a test tells it to: for what an engine does that no simulated one
// does. It lists its models, keeps what it was asked, and leaves the rest to a script.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/server.h"
#include "inference/models.h"
#include "net/network.h"
#include "rt/sleep.h"

namespace fairway::test {

class ScriptedServer final : public http::Handler {
 public:
  struct Seen {
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> fields;
    // "GET /x"
    std::string Line() const { return method + " " + target; }
    std::string_view Find(std::string_view name) const {
      for (const auto& [field, value] : fields) {
        if (http::EqualsIgnoreCase(field, name)) return value;
      }
      return {};
    }
  };
  // Answers one request; `seen` lives as long as the server.
  using Script = std::function<rt::Task<void>(http::Exchange& exchange, const Seen& seen)>;

  ScriptedServer(net::Network& network, std::vector<std::string> serves)
      : models(std::move(serves)), script(Answer(200, "{}")), server_(network, *this) {}

  base::Status Listen(const net::Address& at) {
    return server_.Listen(at, net::PortSharing::kExclusive);
  }
  const net::Address& address() const { return server_.local(); }
  std::string name() const { return address().ToString(); }
  rt::Task<void> Stop() { return server_.Stop(); }

  rt::Task<void> Handle(http::Exchange& exchange) override {
    const http::RequestHead& head = exchange.head();
    if (head.path() == "/v1/models") {
      ++models_asked;
      std::vector<inference::ServedModel> served;
      for (const std::string& id : models)
        served.push_back({.id = id, .parent = {}, .root = {}, .max_model_len = {}});
      const std::string page = inference::WriteModels(served, 0);
      (void)co_await exchange.Respond(200, "application/json", page);
      co_return;
    }
    if (head.path().ends_with("/metrics")) {
      (void)co_await exchange.Respond(404, "text/plain", "none");
      co_return;
    }
    const base::Result<std::string_view> body = co_await exchange.Body(64 << 20);
    if (!body.ok()) co_return;
    Seen& now = *seen.emplace_back(std::make_unique<Seen>());
    now.method = head.method;
    now.target = head.target;
    now.body = *body;
    for (const http::Field& field : head.fields) now.fields.emplace_back(field.name, field.value);
    co_await script(exchange, now);
  }

  static Script Answer(int status, std::string body, std::string type = "application/json") {
    return [=](http::Exchange& exchange, const Seen&) -> rt::Task<void> {
      (void)co_await exchange.Respond(status, type, body);
    };
  }
  // A stream: each event a chunk of its own, `pause` before each but the first.
  static Script Stream(std::vector<std::string> events, base::Duration pause) {
    return [=](http::Exchange& exchange, const Seen&) -> rt::Task<void> {
      const std::array<http::Field, 1> fields = {{{"content-type", "text/event-stream"}}};
      const base::Status begun = co_await exchange.Begin(200, fields);
      if (!begun.ok()) co_return;
      bool first = true;
      for (const std::string& event : events) {
        if (!std::exchange(first, false)) co_await rt::Sleep(exchange.loop(), pause);
        const std::string text = "data: " + event + "\n\n";
        const base::Status sent = co_await exchange.Send(text);
        if (!sent.ok()) co_return;
      }
      (void)co_await exchange.End();
    };
  }
  // Cuts the connection without an answer.
  static Script Cut() {
    return [](http::Exchange& exchange, const Seen&) -> rt::Task<void> {
      exchange.Abort({base::Code::kUnavailable, "as the test wants it"});
      co_return;
    };
  }

  std::vector<std::string> models;
  Script script;
  std::vector<std::unique_ptr<Seen>> seen;
  size_t models_asked = 0;

 private:
  http::Server server_;
};

}  // namespace fairway::test
