// One request through client, proxy and backend, all parts of this module, over loopback in one
// thread. The time is mostly the kernel's (12 socket calls and 6 waits); the counter `user_us` is
// what our own code takes of it, for three parties.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <string>

#include "base/check.h"
#include "http/head_writer.h"
#include "http/pool.h"
#include "http/server.h"
#include "net/io.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"

namespace fairway::http {
namespace {

class Backend final : public Handler {
 public:
  explicit Backend(size_t bytes) : answer_(bytes, 'x') {}
  rt::Task<void> Handle(Exchange& exchange) override {
    const auto body = co_await exchange.Body(1 << 20);
    if (body.ok()) (void)co_await exchange.Respond(200, "application/json", answer_);
  }

 private:
  std::string answer_;
};

class Proxy final : public Handler {
 public:
  Proxy(Pool& pool, net::Address to) : pool_(pool), to_(std::move(to)) {}
  rt::Task<void> Handle(Exchange& exchange) override {
    const auto body = co_await exchange.Body(1 << 20);
    if (!body.ok()) co_return;
    HeadWriter up(up_);
    up.Request("POST", exchange.head().target).Add("content-length", body->size());
    for (const Field& field : exchange.head().fields) {
      if (!IsHopByHop(field.name, {}) && field.name != "content-length") up.Pass(field);
    }
    up.End();
    Lease lease = pool_.Take(to_);
    const std::string_view request[] = {up_, *body};
    const base::Status sent = co_await lease->Send(request);
    CHECK(sent.ok());
    const auto head = co_await lease->ReadHead();
    CHECK(head.ok());
    HeadWriter down(down_);
    down.Status((*head)->status);
    for (const Field& field : (*head)->fields) {
      if (!IsHopByHop(field.name, {})) down.Pass(field);
    }
    std::string_view out = down.End();
    for (bool end = false; !end;) {
      const auto part = co_await lease->ReadBody();
      CHECK(part.ok());
      const std::string_view pieces[] = {out, part->raw};
      (void)co_await exchange.SendRaw(pieces);
      out = {};
      end = part->end;
    }
    exchange.EndRaw(RawEnd::kComplete);
  }

 private:
  Pool& pool_;
  net::Address to_;
  std::string up_, down_;
};

double UserMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec);
}

rt::Task<void> Rounds(net::Stream& stream, const std::string& request, size_t answer,
                      benchmark::State& state) {
  std::string buffer(256 * 1024, 0);
  for (auto _ : state) {
    const base::Status sent = co_await net::Write(stream, request);
    CHECK(sent.ok());
    size_t have = 0;
    size_t head = 0;  // its length, once known: it comes in the first read
    while (have < head + answer) {
      const net::IoResult got = co_await net::Read(stream, buffer);
      CHECK(got.state == net::IoState::kOk);
      if (have == 0) head = std::string_view(buffer.data(), got.bytes).find("\r\n\r\n") + 4;
      have += got.bytes;
    }
  }
}

void ProxiedRequest(benchmark::State& state) {
  const size_t bytes = static_cast<size_t>(state.range(0));
  rt::EpollLoop loop;
  net::TcpNetwork network(loop);
  Backend backend(bytes);
  Server upstream(network, backend);
  CHECK(upstream.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  Pool pool(network);
  Proxy proxy(pool, upstream.local());
  Server server(network, proxy);
  CHECK(server.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  const std::string request =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: inference.example.com:8080\r\n"
      "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nAccept: application/json\r\n"
      "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.51.0\r\n"
      "X-Stainless-Lang: python\r\nAuthorization: Bearer sk-0123456789abcdef0123456789abcdef\r\n"
      "content-length: " +
      std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x');
  const auto stream = network.Connect(server.local());
  rt::Gate gate(loop);
  const double before = UserMicros();
  rt::Spawn(Rounds(*stream, request, bytes, state), gate);
  CHECK(loop.RunUntil([&gate] { return gate.running() == 0; }, std::chrono::minutes(1)));
  state.counters["user_us"] = (UserMicros() - before) / static_cast<double>(state.iterations());
  rt::Spawn(server.Stop(), gate);
  rt::Spawn(upstream.Stop(), gate);
  CHECK(loop.RunUntil([&gate] { return gate.running() == 0; }, std::chrono::minutes(1)));
}
BENCHMARK(ProxiedRequest)->Arg(1024)->Arg(16 * 1024)->Arg(256 * 1024);

}  // namespace
}  // namespace fairway::http
