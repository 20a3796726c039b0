#include <gtest/gtest.h>

#include "plugins/try_plugin.h"
#include "sched/fakes.h"

namespace fairway::plugins {
namespace {

using data::LoraState;

TEST(LoraAffinityScorer, ByWhereTheAdapterStands) {
  const auto scorer = MakeOne<sched::Scorer>("lora-affinity-scorer");
  Field field(5);
  field.request.adapter = "a";
  const std::array states = {LoraState::kRunning, LoraState::kRoom, LoraState::kWaiting,
                             LoraState::kFull, LoraState::kUntold};
  std::ranges::copy(states, field.candidates.mutable_lora().begin());
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0.8f, 0.6f, 0, 0.5f}));
}

TEST(LoraAffinityScorer, ABaseModelIsAtHomeEverywhere) {
  const auto scorer = MakeOne<sched::Scorer>("lora-affinity-scorer");
  Field field(2);
  field.candidates.mutable_lora()[0] = LoraState::kFull;
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 1}));
}

// From what servers report to the pick.
TEST(LoraAffinityScorer, InAWholeDecision) {
  sched::fakes::FakePool world(3);
  for (const model::EndpointId id : world.ids)
    CHECK(world.pool.table.SetServed(id, {"m"}, {{"sql", "m"}}).ok());
  world.pool.Publish();
  const auto report = [&](size_t server, std::vector<std::string_view> running) {
    const data::LoadReport load{
        .waiting = 0, .running = 1, .kv_usage = 0.1f, .max_loras = 2, .running_loras = running};
    world.pool.Report(world.ids[server], load, world.request.now, std::chrono::seconds(1));
  };
  report(0, {"x", "y"});
  report(1, {"x"});
  report(2, {"x", "sql"});
  sched::Profile profile = sched::fakes::Obedient();
  profile.scorers.push_back({nullptr, "l", MakeOne<sched::Scorer>("lora-affinity-scorer"), 1});
  world.request.adapter = "sql";
  const sched::Decision decision = world.Decide(profile);
  ASSERT_EQ(decision.count, 3u);
  EXPECT_EQ(decision.endpoints[0]->id, world.ids[2]);
  EXPECT_EQ(decision.endpoints[1]->id, world.ids[1]);
  EXPECT_EQ(world.trace.candidates[2].lora, LoraState::kFull);
}

}  // namespace
}  // namespace fairway::plugins
