// More than a thousand streams on one connection, over a simulated network that is slow, freezes
// and breaks, while clients give up at random: every request ends, and everything held returns to
// zero.

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"
#include "http/fetch.h"
#include "http/server.h"
#include "net/sim_network.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::http {
namespace {

using base::Result;
using base::Status;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string BodyOf(size_t bytes) {
  std::string body(bytes, 'x');
  for (size_t i = 0; i < bytes; i += 13) body[i] = static_cast<char>('a' + i % 26);
  return body;
}

// Answers /N with N bytes; slowly and in pieces if N is odd, half of it if N divides by seven.
class Backend final : public Handler {
 public:
  explicit Backend(rt::Loop& loop) : loop_(loop) {}
  rt::Task<void> Handle(Exchange& exchange) override {
    ++running;
    co_await Answer(exchange);
    exchange.OnPeerGone({});
    --running;
  }
  int running = 0;
  int gone = 0;

 private:
  rt::Task<void> Answer(Exchange& exchange) {
    exchange.OnPeerGone([this] { ++gone; });
    const size_t bytes = std::stoul(std::string(exchange.head().path().substr(1)));
    const std::string body = BodyOf(bytes);
    if (bytes % 3 != 0) {
      const Result<std::string_view> asked = co_await exchange.Body(1 << 20);
      if (!asked.ok()) co_return;
    }
    if (bytes % 2 == 0) {
      (void)co_await exchange.Respond(200, "text/plain", body);
      co_return;
    }
    (void)co_await exchange.Begin(200, {});
    for (size_t at = 0; at < bytes; at += 1000) {
      const Status sent = co_await exchange.Send(std::string_view(body).substr(at, 1000));
      if (!sent.ok()) co_return;
      if (bytes % 7 == 0 && at > bytes / 2) co_return;  // which resets the stream
      co_await rt::Sleep(loop_, microseconds(100));
    }
    (void)co_await exchange.End();
  }

  rt::Loop& loop_;
};

struct Tally {
  int good = 0, failed = 0;
};

rt::Task<void> Client(Pool& pool, net::Address to, uint64_t seed, Tally& tally) {
  base::Rng rng(seed);
  for (int i = 0; i < 40; ++i) {
    co_await rt::Sleep(pool.loop(), microseconds(rng.Below(2000)));
    const size_t bytes = rng.Below(rng.Below(4) == 0 ? 50'000 : 3000);
    const std::string path = "/" + std::to_string(bytes);
    const std::string body(rng.Below(20'000), 'b');
    const bool hasty = rng.Below(5) == 0;
    const FetchRequest request{.method = "POST", .path = path, .body = body};
    const FetchLimits limits{.timeout = hasty ? microseconds(rng.Below(2000) + 1) : seconds(20)};
    net::Address at = to;
    const Result<FetchedResponse> got = co_await Fetch(pool, std::move(at), request, limits);
    if (!got.ok()) {
      ++tally.failed;
    } else {
      EXPECT_EQ(got->status, 200);
      EXPECT_EQ(got->body, BodyOf(bytes));
      ++tally.good;
    }
  }
}

class H2StormTest : public testing::TestWithParam<int> {};

TEST_P(H2StormTest, EverythingEndsAndNothingIsLeft) {
  const uint64_t seed = static_cast<uint64_t>(GetParam());
  base::Rng rng(seed);
  rt::SimLoop loop;
  net::SimWorld sim(loop);
  net::SimNetwork server_net(sim, "10.0.0.1"), client_net(sim, "10.0.0.2");
  Backend backend(loop);
  Server server(server_net, backend, {.body_timeout = seconds(5), .write_timeout = seconds(5)});
  ASSERT_TRUE(server.Listen({"10.0.0.1", 80}, net::PortSharing::kExclusive).ok());
  sim.SetPath(server.local(),
              {.window = 2000 + rng.Below(60'000), .max_move = 100 + rng.Below(20'000)});
  net::Address to = server.local();
  to.alpn = "h2";
  Tally tally;
  {
    Pool pool(client_net, {.idle_expiry = seconds(60), .h2_connections = 1});
    rt::Gate gate(loop);
    for (uint64_t i = 0; i < 40; ++i) rt::Spawn(Client(pool, to, seed * 1000 + i, tally), gate);
    loop.RunFor(milliseconds(20));
    sim.Freeze(server.local());
    loop.RunFor(milliseconds(100));
    sim.Thaw(server.local());
    ASSERT_TRUE(loop.RunUntil([&] { return tally.good + tally.failed > 1200; }, seconds(300)));
    EXPECT_EQ(server.counters().accepted, 1u);
    EXPECT_GT(server.counters().requests, 1000u);
    sim.BreakAll(server.local());
    ASSERT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(300)));
    EXPECT_EQ(server.counters().accepted, 2u);
    EXPECT_EQ(pool.counters().leased, 0u);
  }
  EXPECT_EQ(tally.good + tally.failed, 1600);
  EXPECT_GT(tally.good, 800);
  EXPECT_GT(backend.gone, 20);
  rt::Gate gate(loop);
  rt::Spawn(server.Drain(seconds(5)), gate);
  ASSERT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(10)));
  EXPECT_EQ(backend.running, 0);
  EXPECT_EQ(server.counters().open, 0u);
  EXPECT_EQ(server.counters().active, 0u);
  EXPECT_EQ(server.counters().buffered_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, H2StormTest, testing::Range(1, 9));

}  // namespace
}  // namespace fairway::http
