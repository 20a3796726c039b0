// A storm of requests against servers that fail in every way they can, at virtual time, from a seed
// (FAIRWAY_SEED, or a few fixed ones). Checked: every request ends once, whatever happened; what
// was held is given back; the same seed gives the same history.

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/rng.h"
#include "rt/sleep.h"
#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

using modelsim::Fault;
using modelsim::FaultMode;
using Rig = GatewayRig<SimulatedWorld>;

class Storm {
 public:
  static constexpr int kClients = 40;
  static constexpr int kRequestsEach = 15;

  explicit Storm(uint64_t seed) : rng_(seed), rig_(Options(seed)) {}

  // What every request came to, in the order in which they ended.
  std::string Run() {
    for (int i = 0; i < kClients; ++i) rt::Spawn(Client(i), rig_.gate);
    rt::Spawn(Weather(), rig_.gate);
    EXPECT_TRUE(rig_.Until([this] { return rig_.gate.running() == 0; }));
    // The last client may have left a moment ago, and the gateway not have heard of it yet.
    EXPECT_TRUE(rig_.Until([this] { return rig_.InFlight() == 0; }));
    EXPECT_EQ(rig_.InFlight(), 0u);
    EXPECT_EQ(rig_.told.lines.size(), static_cast<size_t>(kClients * kRequestsEach));
    std::string history;
    for (const Told::Line& line : rig_.told.lines)
      history += line.request_id + " " + std::to_string(line.status) + " " + line.reason + " " +
                 line.endpoint + " " + std::to_string(line.attempts) + "\n";
    return history;
  }

  std::map<std::string, int> Reasons() const {
    std::map<std::string, int> reasons;
    for (const Told::Line& line : rig_.told.lines) ++reasons[line.reason];
    return reasons;
  }

 private:
  static RigOptions Options(uint64_t seed) {
    RigOptions options{.servers = 4, .profile = modelsim::DefaultProfile(), .seed = seed};
    options.gateway.idle = std::chrono::seconds(20);
    options.gateway.total = std::chrono::minutes(5);
    return options;
  }

  base::Duration UpTo(base::Duration most) {
    return base::Duration(static_cast<int64_t>(rng_.Unit() * static_cast<double>(most.count())));
  }

  // Servers break and mend.
  rt::Task<void> Weather() {
    constexpr std::array kModes = {FaultMode::kNone,     FaultMode::kNone,  FaultMode::kHang,
                                   FaultMode::kError,    FaultMode::kClose, FaultMode::kSlow,
                                   FaultMode::kRefuseNew};
    for (int i = 0; i < 60; ++i) {
      co_await rt::Sleep(rig_.world.loop, UpTo(std::chrono::seconds(3)));
      modelsim::ModelServer& server = *rig_.servers[rng_.Below(4)];
      const Fault fault{.mode = kModes[rng_.Below(kModes.size())],
                        .code = rng_.Below(2) == 0 ? 503 : 500,
                        .after_chunks = rng_.Below(4),
                        .delay = UpTo(std::chrono::seconds(2)),
                        .lasts = UpTo(std::chrono::seconds(50))};
      EXPECT_TRUE(server.SetFault(fault).ok());
      if (rng_.Below(4) == 0) rig_.world.wires.BreakAll(server.local());
    }
    for (const auto& server : rig_.servers) EXPECT_TRUE(server->SetFault({}).ok());
  }

  // Sends one request after the other; every fourth time it goes before the answer is there.
  rt::Task<void> Client(int number) {
    for (int i = 0; i < kRequestsEach; ++i) {
      co_await rt::Sleep(rig_.world.loop, UpTo(std::chrono::seconds(8)));
      const std::string id = std::to_string(number) + "-" + std::to_string(i);
      const std::string body = std::string(R"({"model":"m","max_tokens":20,"stream":)") +
                               (rng_.Below(2) == 0 ? "true" : "false") +
                               R"(,"messages":[{"role":"user","content":"group )" +
                               std::to_string(rng_.Below(5)) + R"("}]})";
      const std::array<http::Field, 2> fields = {
          {{"content-type", "application/json"}, {"x-request-id", id}}};
      const http::FetchRequest request{
          .method = "POST", .path = "/v1/chat/completions", .fields = fields, .body = body};
      const bool leaves = rng_.Below(4) == 0;
      const http::FetchLimits limits{.timeout = leaves ? UpTo(std::chrono::seconds(1)) +
                                                             base::Duration(1'000'000)
                                                       : base::Duration(std::chrono::hours(1))};
      net::Address at = rig_.front.local();
      const base::Result<http::FetchedResponse> answer =
          co_await http::Fetch(rig_.client, std::move(at), request, limits);
      if (!leaves && !answer.ok()) {
        // Only an answer that was cut may fail: never a hang, never silence.
        EXPECT_EQ(answer.status().code(), base::Code::kUnavailable) << answer.status().ToString();
      }
    }
  }

  base::Rng rng_;
  Rig rig_;
};

uint64_t FirstSeed() {
  const char* given = std::getenv("FAIRWAY_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

TEST(StormSim, EveryRequestEndsOnceWhateverBreaks) {
  for (uint64_t seed = FirstSeed(); seed < FirstSeed() + 5; ++seed) {
    SCOPED_TRACE("FAIRWAY_SEED=" + std::to_string(seed));
    Storm storm(seed);
    storm.Run();
    const std::map<std::string, int> reasons = storm.Reasons();
    EXPECT_TRUE(reasons.contains("none"));
    EXPECT_GT(reasons.size(), 1u) << "nothing broke: the storm is no storm";
  }
}

TEST(StormSim, TheSameSeedGivesTheSameHistory) {
  const std::string first = Storm(FirstSeed()).Run();
  EXPECT_EQ(first, Storm(FirstSeed()).Run());
  EXPECT_NE(first, Storm(FirstSeed() + 1).Run());
}

}  // namespace
}  // namespace fairway::test
