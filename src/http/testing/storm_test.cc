// Many requests through a proxy of this module's own parts, on a simulated network that cuts, slows
// and freezes connections while clients give up at random: every request ends, and everything held
// returns to zero.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "http/fetch.h"
#include "http/head_writer.h"
#include "http/server.h"
#include "http/testing/world.h"
#include "net/sim_network.h"
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

// Answers /N with N bytes, chunked and slowly if N is odd.
class Backend final : public Handler {
 public:
  explicit Backend(rt::Loop& loop) : loop_(loop) {}
  rt::Task<void> Handle(Exchange& exchange) override {
    const size_t bytes = std::stoul(std::string(exchange.head().path().substr(1)));
    const std::string body = BodyOf(bytes);
    const Result<std::string_view> asked = co_await exchange.Body(1 << 20);
    if (!asked.ok()) co_return;
    if (bytes % 2 == 0) {
      (void)co_await exchange.Respond(200, "text/plain", body);
      co_return;
    }
    (void)co_await exchange.Begin(200, {});
    for (size_t at = 0; at < bytes; at += 1000) {
      const Status sent = co_await exchange.Send(std::string_view(body).substr(at, 1000));
      if (!sent.ok()) co_return;
      co_await rt::Sleep(loop_, microseconds(300));
    }
    (void)co_await exchange.End();
  }

 private:
  rt::Loop& loop_;
};

class Proxy final : public Handler {
 public:
  Proxy(Pool& pool, net::Address to) : pool_(pool), to_(std::move(to)) {}
  rt::Task<void> Handle(Exchange& exchange) override {
    ++running;
    Lease lease;
    co_await Forward(exchange, lease);
    exchange.OnPeerGone({});
    --running;
  }
  int running = 0;

 private:
  rt::Task<void> Forward(Exchange& exchange, Lease& lease) {
    const Result<std::string_view> body = co_await exchange.Body(1 << 20);
    if (!body.ok()) co_return;
    lease = pool_.Take(to_);
    lease->LimitWait(milliseconds(200));
    exchange.OnPeerGone(
        [&lease] { lease->Abort(Status(base::Code::kCancelled, "the client went")); });
    std::string up;
    HeadWriter(up)
        .Request("POST", exchange.head().target)
        .Add("host", "b")
        .Add("content-length", body->size())
        .End();
    const std::string_view request[] = {up, *body};
    const Status sent = co_await lease->Send(request);
    if (!sent.ok()) co_return;
    const Result<const ResponseHead*> head = co_await lease->ReadHead();
    if (!head.ok()) co_return;
    std::string down;
    HeadWriter writer(down);
    writer.Status((*head)->status);
    for (const Field& field : (*head)->fields) {
      if (field.name != "connection") writer.Pass(field);
    }
    if (!exchange.keep_alive()) writer.Add("connection", "close");
    std::string_view out = writer.End();
    for (bool end = false; !end;) {
      const Result<BodyPart> part = co_await lease->ReadBody();
      if (!part.ok()) co_return;
      const std::string_view pieces[] = {out, part->raw};
      const Status passed = co_await exchange.SendRaw(pieces);
      if (!passed.ok()) co_return;
      out = {};
      end = part->end;
    }
    exchange.EndRaw(RawEnd::kComplete);
  }

  Pool& pool_;
  net::Address to_;
};

struct Tally {
  int good = 0, refused = 0, failed = 0;
};

rt::Task<void> Client(Pool& pool, net::Address to, uint64_t seed, Tally& tally) {
  base::Rng rng(seed);
  for (int i = 0; i < 6; ++i) {
    co_await rt::Sleep(pool.loop(), microseconds(rng.Below(3000)));
    const size_t bytes = rng.Below(rng.Below(4) == 0 ? 100'000 : 3000);
    const std::string path = "/" + std::to_string(bytes);
    const std::string body(rng.Below(20'000), 'b');
    const bool hasty = rng.Below(5) == 0;
    const FetchRequest request{.method = "POST", .path = path, .body = body};
    const FetchLimits limits{.timeout = hasty ? microseconds(rng.Below(2000) + 1) : seconds(2)};
    const Result<FetchedResponse> got = co_await Fetch(pool, to, request, limits);
    if (!got.ok()) {
      ++tally.failed;
    } else if (got->status == 200) {
      EXPECT_EQ(got->body, BodyOf(bytes));
      ++tally.good;
    } else {
      ++tally.refused;
    }
  }
}

class StormTest : public testing::TestWithParam<int> {};

TEST_P(StormTest, EverythingEndsAndNothingIsLeft) {
  const uint64_t seed = static_cast<uint64_t>(GetParam());
  base::Rng rng(seed);
  rt::SimLoop loop;
  net::SimWorld sim(loop);
  net::SimNetwork backend_net(sim, "10.0.0.1"), proxy_net(sim, "10.0.0.2"),
      client_net(sim, "10.0.0.3");

  Backend backend(loop);
  Server upstream(backend_net, backend);
  ASSERT_TRUE(upstream.Listen({"10.0.0.1", 80}, net::PortSharing::kExclusive).ok());
  Pool pool(proxy_net, {.idle_expiry = milliseconds(5)});
  Proxy proxy(pool, upstream.local());
  Server server(proxy_net, proxy, {.body_timeout = seconds(1), .write_timeout = seconds(1)});
  ASSERT_TRUE(server.Listen({"10.0.0.2", 80}, net::PortSharing::kExclusive).ok());
  sim.SetPath(upstream.local(), {.window = 1 + rng.Below(30'000),
                                 .max_move = 1 + rng.Below(5000),
                                 .reset_after = 50'000 + rng.Below(200'000)});
  sim.SetPath(server.local(), {.window = 100 + rng.Below(30'000), .max_move = 1 + rng.Below(5000)});

  Tally tally;
  {
    Pool clients(client_net);
    rt::Gate gate(loop);
    for (uint64_t i = 0; i < 30; ++i)
      rt::Spawn(Client(clients, server.local(), seed * 1000 + i, tally), gate);
    loop.RunFor(milliseconds(20));
    sim.Freeze(upstream.local());
    loop.RunFor(milliseconds(100));
    sim.Thaw(upstream.local());
    loop.RunFor(milliseconds(5));
    sim.BreakAll(upstream.local());
    ASSERT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(60)));
  }
  EXPECT_EQ(tally.good + tally.refused + tally.failed, 180);
  EXPECT_GT(tally.good, 20);
  rt::Gate gate(loop);
  rt::Spawn(server.Drain(seconds(5)), gate);
  rt::Spawn(upstream.Drain(seconds(5)), gate);
  ASSERT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(10)));
  EXPECT_EQ(proxy.running, 0);
  EXPECT_EQ(pool.counters().leased, 0u);
  EXPECT_EQ(server.counters().open + upstream.counters().open, 0u);
  EXPECT_EQ(server.counters().active + upstream.counters().active, 0u);
  EXPECT_EQ(server.counters().buffered_bytes + upstream.counters().buffered_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StormTest, testing::Range(1, 13));

}  // namespace
}  // namespace fairway::http
