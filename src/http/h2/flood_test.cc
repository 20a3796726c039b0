// Clients that send much and want nothing (rapid reset, CONTINUATION, SETTINGS, PING and their
// like): told to calm down and closed, at a cost that is bounded, while others go on.

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "http/server.h"
#include "http/testing/h2_client.h"
#include "http/testing/world.h"

namespace fairway::http {
namespace {

using std::chrono::seconds;

class Quick final : public Handler {
 public:
  rt::Task<void> Handle(Exchange& exchange) override {
    ++started;
    (void)co_await exchange.Respond(200, "text/plain", "ok");
  }
  int started = 0;
};

enum Type : char {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kWindowUpdate = 8,
  kContinuation = 9,
};

std::string Number(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Frame(Type type, char flags, uint32_t stream, const std::string& payload) {
  return Number(static_cast<uint32_t>(payload.size())).substr(1) + static_cast<char>(type) + flags +
         Number(stream) + payload;
}

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "");
// :method GET, :scheme http, :path /, :authority a: of HPACK's static table, RFC 7541 appendix A.
const std::string kGet =
    "\x82\x86\x84\x01\x01"
    "a";
constexpr char kEndStream = 1, kEndHeaders = 4;

struct FloodCase {
  const char* name;
  std::function<std::string(uint32_t i)> frames;  // the i-th piece of the flood
  int pieces = 20'000;
};

const FloodCase kFloods[] = {
    {"RapidReset",
     [](uint32_t i) {
       return Frame(kHeaders, kEndStream | kEndHeaders, 2 * i + 1, kGet) +
              Frame(kReset, 0, 2 * i + 1, Number(8));
     }},
    {"ResetByFault",  // makes the server reset each stream (CVE-2025-8671)
     [](uint32_t i) {
       return Frame(kHeaders, kEndHeaders, 2 * i + 1, kGet) +
              Frame(kWindowUpdate, 0, 2 * i + 1, Number(0x7fffffff));
     }},
    {"Ping", [](uint32_t) { return Frame(kPing, 0, 0, "12345678"); }},
    {"Settings", [](uint32_t) { return Frame(kSettings, 0, 0, ""); }},
    {"Priority", [](uint32_t) { return Frame(kPriority, 0, 1, Number(0) + "w"); }},
    {"WindowUpdate", [](uint32_t) { return Frame(kWindowUpdate, 0, 0, Number(1)); }},
    {"EmptyData",
     [](uint32_t i) {
       return (i == 0 ? Frame(kHeaders, kEndHeaders, 1, kGet) : "") + Frame(kData, 0, 1, "");
     }},
    {"Continuation",
     [](uint32_t i) {
       return (i == 0 ? Frame(kHeaders, 0, 1, kGet) : "") + Frame(kContinuation, 0, 1, "");
     }},
};

class H2FloodTest : public testing::TestWithParam<FloodCase> {};

TEST_P(H2FloodTest, EndsTheConnectionAndNoOther) {
  const auto world = MakeWorld(WorldKind::kSim);
  Quick handler;
  Server server(world->network(), handler);
  ASSERT_TRUE(server.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  {
    H2TestClient other(*world, server.local());
    ASSERT_TRUE(other.AwaitAnswer(other.Get("/")));
    RawClient attacker(*world, server.local());
    attacker.Send(kPreface);
    std::string flood;
    for (int i = 0; i < GetParam().pieces; ++i)
      flood += GetParam().frames(static_cast<uint32_t>(i));
    attacker.Send(flood);
    size_t most_held = 0;
    ASSERT_TRUE(world->RunUntil([&] {
      most_held = std::max(most_held, server.counters().buffered_bytes);
      return attacker.ended();
    }));
    EXPECT_LT(most_held, 512u * 1024);
    // GOAWAY, ENHANCE_YOUR_CALM.
    const size_t at = attacker.received().rfind(std::string("\0\0\x08\x07\0\0\0\0\0", 9));
    EXPECT_NE(at, std::string::npos) << testing::PrintToString(attacker.received());
    if (at == std::string::npos) return;
    EXPECT_EQ(attacker.received().substr(at + 13, 4), Number(11));
    EXPECT_LE(handler.started, 1000);
    ASSERT_TRUE(world->RunUntil([&] { return server.counters().open == 1; }));
    const auto& call = other.Get("/");
    ASSERT_TRUE(other.AwaitAnswer(call));
    EXPECT_EQ(call.status, 200);
  }
  world->RunTask(server.Stop());
  EXPECT_EQ(server.counters().buffered_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Floods, H2FloodTest, testing::ValuesIn(kFloods),
                         [](const auto& flood) { return flood.param.name; });

TEST(H2FloodGuardTest, ForgivesWithTime) {
  H2FloodGuard guard({.resets = {.burst = 10, .per_second = 5}});
  base::TimePoint now{seconds(100)};
  for (int i = 0; i < 10; ++i) guard.OnBrokenStream(now);
  EXPECT_FALSE(guard.flooded());
  for (int second = 0; second < 60; ++second) {
    now += seconds(1);
    for (int i = 0; i < 5; ++i) guard.OnBrokenStream(now);
  }
  EXPECT_FALSE(guard.flooded());
  guard.OnBrokenStream(now);
  EXPECT_TRUE(guard.flooded());
}

TEST(H2FloodGuardTest, WhoReadsMayAcknowledge) {
  H2FloodGuard guard({.frames = {.burst = 10, .per_second = 1}});
  const base::TimePoint now{seconds(100)};
  for (int i = 0; i < 1000; ++i) {
    guard.OnDataSent();
    for (uint32_t frame = 0; frame < kH2FramesPerData; ++frame) guard.OnIdleFrame(now);
  }
  EXPECT_FALSE(guard.flooded());
}

// 2,000 streams that end well cost nothing, however fast.
TEST(H2FloodTest, TwoThousandRequestsOnOneConnectionAreNoFlood) {
  const auto world = MakeWorld(WorldKind::kSim);
  Quick handler;
  Server server(world->network(), handler);
  ASSERT_TRUE(server.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  {
    H2TestClient client(*world, server.local());
    const H2TestClient::Call* last = nullptr;
    for (int i = 0; i < 2000; ++i) last = &client.Get("/");
    ASSERT_TRUE(client.AwaitAnswer(*last));
    EXPECT_EQ(handler.started, 2000);
    EXPECT_TRUE(client.goaways.empty());
  }
  world->RunTask(server.Stop());
}

}  // namespace
}  // namespace fairway::http
