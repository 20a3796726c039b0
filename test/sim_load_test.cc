// The load generator against simulated model servers: each counts on its own, and the counts agree.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "loadgen/load.h"
#include "modelsim/server.h"
#include "rt/gate.h"
#include "test/worlds.h"

namespace fairway::test {
namespace {

using namespace std::chrono_literals;

template <class World>
class SimLoadTest : public testing::Test {
 protected:
  void Begin(const modelsim::Profile& profile, uint16_t first_port, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      servers_.push_back(std::make_unique<modelsim::ModelServer>(
          world_.servers, profile, modelsim::ModelServerOptions{.model = "m"}));
      const auto port = static_cast<uint16_t>(first_port == 0 ? 0 : first_port + i);
      ASSERT_TRUE(servers_.back()->Listen({world_.ServerIp(), port}).ok());
      options_.targets.push_back(servers_.back()->local());
    }
    options_.model = "m";
  }

  loadgen::LoadReport RunLoad() {
    std::optional<base::Result<loadgen::LoadReport>> report;
    rt::Gate gate(world_.loop);
    rt::Spawn(RunInto(world_.client, options_, report), gate);
    EXPECT_TRUE(world_.loop.RunUntil([&] { return gate.running() == 0; }, World::kPatience));
    EXPECT_TRUE(report->ok()) << report->status().ToString();
    return **std::move(report);
  }

  uint64_t Sum(uint64_t modelsim::ServerState::*counter) const {
    uint64_t sum = 0;
    for (const auto& server : servers_) sum += server->state().*counter;
    return sum;
  }

  void TearDown() override {
    rt::Gate gate(world_.loop);
    rt::Spawn(StopAll(), gate);
    EXPECT_TRUE(world_.loop.RunUntil([&] { return gate.running() == 0; }, World::kPatience));
    servers_.clear();
  }

  static rt::Task<void> RunInto(net::Network& network, loadgen::LoadOptions options,
                                std::optional<base::Result<loadgen::LoadReport>>& report) {
    report.emplace(co_await loadgen::Run(network, std::move(options)));
  }
  rt::Task<void> StopAll() {
    for (const auto& server : servers_) co_await server->Stop();
  }

  World world_;
  std::vector<std::unique_ptr<modelsim::ModelServer>> servers_;
  loadgen::LoadOptions options_;
};

using Worlds = testing::Types<RealWorld, SimulatedWorld>;
TYPED_TEST_SUITE(SimLoadTest, Worlds);

TYPED_TEST(SimLoadTest, EveryAnswerIsCountedOnBothSides) {
  this->Begin(modelsim::InstantProfile(), 0, 3);
  this->options_.max_requests = 300;
  this->options_.connections = 6;
  const loadgen::LoadReport report = this->RunLoad();
  EXPECT_EQ(report.ok, 300u);
  EXPECT_EQ(report.failed(), 0u);
  EXPECT_EQ(this->Sum(&modelsim::ServerState::received), 300u);
  EXPECT_EQ(this->Sum(&modelsim::ServerState::finished), 300u);
  EXPECT_EQ(this->servers_[0]->engine().stats().generation_tokens,
            64 * this->servers_[0]->state().finished);
}

TYPED_TEST(SimLoadTest, StreamsArriveWhole) {
  modelsim::Profile profile = modelsim::InstantProfile();
  profile.step_base = 1ms;
  this->Begin(profile, 0, 2);
  this->options_.answer = loadgen::AnswerKind::kStream;
  this->options_.max_tokens = 10;
  this->options_.max_requests = 40;
  this->options_.connections = 8;
  const loadgen::LoadReport report = this->RunLoad();
  EXPECT_EQ(report.ok, 40u);
  EXPECT_EQ(report.events, 40u * 12) << "role, ten tokens, usage";
  EXPECT_GE(report.latency.min(), 9ms);
}

using SimulatedLoadTest = SimLoadTest<SimulatedWorld>;

TEST_F(SimulatedLoadTest, AnOpenLoopAtHalfCapacityWaitsForNothing) {
  modelsim::Profile profile;
  profile.prefill_tokens_per_s = 0;
  profile.step_base = 10ms;
  Begin(profile, 8001, 1);
  options_.arrivals = loadgen::Arrivals::kConstant;
  options_.rate = 25;
  options_.duration = 20s;
  options_.max_tokens = 20;
  options_.connections = 64;
  const loadgen::LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 500u);
  EXPECT_EQ(report.ok, 500u);
  EXPECT_EQ(report.lateness.max(), 0ms);
  EXPECT_GE(report.latency.min(), 200ms);
  EXPECT_LE(report.latency.max(), 212ms) << "20 steps, and at most the rest of one before";
}

TEST_F(SimulatedLoadTest, SharedPrefixesAreFoundInTheServersCache) {
  modelsim::Profile profile = modelsim::DefaultProfile();
  profile.num_gpu_blocks = 65'536;
  Begin(profile, 8001, 1);
  options_.groups = 2;
  options_.prefix_share = 0.9;
  options_.body_bytes = 8192;
  options_.max_tokens = 4;
  options_.max_requests = 50;
  options_.connections = 1;
  EXPECT_EQ(RunLoad().ok, 50u);
  const modelsim::EngineStats& stats = servers_[0]->engine().stats();
  const double share =
      static_cast<double>(stats.prefix_hits) / static_cast<double>(stats.prefix_queries);
  EXPECT_GT(share, 0.8);
  EXPECT_LT(share, 0.92);
}

TEST_F(SimulatedLoadTest, OverloadIsRefusedAndCounted) {
  modelsim::Profile profile;
  profile.prefill_tokens_per_s = 0;
  profile.step_base = 10ms;
  profile.max_num_seqs = 4;
  profile.max_num_queued_reqs = 4;
  Begin(profile, 8001, 1);
  options_.arrivals = loadgen::Arrivals::kConstant;
  options_.rate = 100;
  options_.duration = 5s;
  options_.max_tokens = 20;
  options_.connections = 200;
  const loadgen::LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 500u);
  EXPECT_EQ(report.ok + report.statuses.at(503), 500u);
  EXPECT_EQ(servers_[0]->engine().stats().rejected, report.statuses.at(503));
  EXPECT_NEAR(static_cast<double>(report.ok), 5 * 4 / 0.2, 15);
}

}  // namespace
}  // namespace fairway::test
