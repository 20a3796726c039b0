// The default profile of `serve` over a pool: what an operator expects of it, and what must hold
// for any pool and any load.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "plugins/catalogue.h"
#include "sched/fakes.h"

namespace fairway::plugins {
namespace {

using sched::fakes::FakePool;
using std::chrono::seconds;

struct World : FakePool {
  explicit World(uint32_t count)
      : FakePool(count), profile(sched::ServeDefaultProfile(All(), pool.learned)) {}
  sched::Decision Decide() { return FakePool::Decide(*profile); }
  model::EndpointId Best() { return Decide().ordered()[0]->id; }

  std::shared_ptr<const sched::Profile> profile;
};

TEST(ServeDefault, EqualServersShareEvenly) {
  World world(4);
  std::map<model::EndpointId, int> picks;
  for (int i = 0; i < 4000; ++i) ++picks[world.Best()];
  for (const model::EndpointId id : world.ids) EXPECT_NEAR(picks[id], 1000, 120);
}

TEST(ServeDefault, TheIdleOneIsPreferred) {
  World world(3);
  world.Report(world.ids[0], 5, 30, 0.8f);
  world.Report(world.ids[1], 0, 2, 0.1f);
  world.Report(world.ids[2], 2, 30, 0.6f);
  EXPECT_EQ(world.Best(), world.ids[1]);
}

TEST(ServeDefault, ACachedPrefixWinsUntilTheQueueIsLong) {
  World world(2);
  const std::vector<uint64_t> blocks{1, 2, 3, 4};
  world.request.prefix_blocks = blocks;
  world.request.prompt_tokens = 256;
  world.Report(world.ids[0], 0, 4, 0.3f);
  world.Report(world.ids[1], 0, 3, 0.2f);
  world.profile->Commit(world.request, {world.ids[0]});
  EXPECT_EQ(world.Best(), world.ids[0]);
  EXPECT_EQ(world.Decide().cached_blocks[0], 4);
  world.Report(world.ids[0], 9, 64, 0.95f);
  EXPECT_EQ(world.Best(), world.ids[1]);
}

TEST(ServeDefault, ASessionStaysUntilItsServerIsTheWorst) {
  World world(3);
  world.Report(world.ids[0], 3, 20, 0.6f);
  world.Report(world.ids[1], 0, 3, 0.2f);
  world.Report(world.ids[2], 0, 4, 0.2f);
  EXPECT_EQ(world.Best(), world.ids[1]);
  world.request.session = world.ids[2];
  EXPECT_EQ(world.Best(), world.ids[2]);
  world.request.session = world.ids[0];
  world.Report(world.ids[0], 9, 64, 1.0f);
  EXPECT_NE(world.Best(), world.ids[0]);
}

TEST(ServeDefault, AnAdapterGoesWhereItRuns) {
  World world(2);
  for (const model::EndpointId id : world.ids)
    CHECK(world.pool.table.SetServed(id, {"m"}, {{"sql", "m"}}).ok());
  world.pool.Publish();
  const std::vector<std::string_view> running = {"sql"};
  world.pool.Report(world.ids[0], {.waiting = 0, .running = 2, .kv_usage = 0.3f, .max_loras = 1},
                    world.request.now, seconds(1));
  world.pool.Report(
      world.ids[1],
      {.waiting = 0, .running = 2, .kv_usage = 0.31f, .max_loras = 1, .running_loras = running},
      world.request.now, seconds(1));
  world.request.adapter = "sql";
  EXPECT_EQ(world.Best(), world.ids[1]);
}

TEST(ServeDefault, OurOwnInFlightSpreadsABurstBeforeAnyScrape) {
  World world(4);
  world.request.prompt_tokens = 1000;
  std::vector<data::InFlightHold> holds;
  for (int i = 0; i < 40; ++i) {
    const model::EndpointId id = world.Best();
    holds.push_back(world.pool.in_flight.Acquire(id.slot, 1000, 4000));
  }
  for (const model::EndpointId id : world.ids)
    EXPECT_EQ(world.pool.in_flight.Requests(id.slot), 10u);
}

TEST(ServeDefault, AServerThatFellSilentIsNotTakenForIdle) {
  World world(3);
  std::vector<data::InFlightHold> holds;
  for (int i = 0; i < 5; ++i) holds.push_back(world.pool.in_flight.Acquire(0, 1000, 1));
  world.Report(world.ids[0], 0, 0, 0.0f);  // then silence
  world.request.now += seconds(5);
  world.Report(world.ids[1], 0, 3, 0.5f);
  world.Report(world.ids[2], 1, 4, 0.6f);
  EXPECT_EQ(world.Best(), world.ids[1]);
}

TEST(ServeDefault, TheTraceAddsUp) {
  World world(8);
  for (const model::EndpointId id : world.ids)
    world.Report(id, static_cast<float>(id.slot), static_cast<float>(10 - id.slot), 0.5f);
  world.Decide();
  ASSERT_EQ(world.trace.kept, 8);
  ASSERT_EQ(world.trace.scorer_count, 7);
  float previous = 1e9f;
  for (const sched::TracedCandidate& traced : std::span(world.trace.candidates).first(8)) {
    float sum = 0;
    for (size_t s = 0; s < world.trace.scorer_count; ++s) {
      EXPECT_GE(traced.scores[s], 0);
      EXPECT_LE(traced.scores[s], 1);
      sum += traced.scores[s] * world.trace.weights[s];
    }
    EXPECT_FLOAT_EQ(sum, traced.total);
    EXPECT_LE(traced.total, previous);
    previous = traced.total;
  }
}

// A day in the life, at random: endpoints join, leave and fail, requests begin, move and end. Every
// pick is a member that serves the model, and all counts return to zero.
TEST(ServeDefault, RandomLife) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    base::Rng rng(seed);
    World world(1 + rng.Below(10));
    std::vector<data::InFlightHold> holds;
    std::vector<uint64_t> blocks(1 + rng.Below(20));
    uint16_t port = 1000;
    for (int step = 0; step < 1500; ++step) {
      world.request.now += std::chrono::milliseconds(rng.Below(200));
      for (uint64_t& block : blocks) block = rng.Below(4);
      world.request.prefix_blocks = blocks;
      world.request.prompt_tokens = rng.Below(5000);
      switch (rng.Below(8)) {
        case 0:
          if (world.ids.size() < 20) world.ids.push_back(world.Add(++port, {"m"}));
          break;
        case 1:
          if (world.ids.size() > 1) {
            std::swap(world.ids[rng.Below(static_cast<uint32_t>(world.ids.size()))],
                      world.ids.back());
            world.pool.table.Remove(world.ids.back());
            world.ids.pop_back();
          }
          break;
        case 2:
          world.pool.Publish();
          break;
        case 3:
          if (!holds.empty()) holds.erase(holds.begin());
          break;
        case 4:
          world.Report(world.ids[0], static_cast<float>(rng.Below(20)),
                       static_cast<float>(rng.Below(99)), static_cast<float>(rng.Unit()));
          break;
        default: {
          const sched::Decision decision = world.Decide();
          ASSERT_TRUE(decision.ok()) << "seed " << seed;
          for (const model::Endpoint* endpoint : decision.ordered())
            ASSERT_EQ(world.set->Find(endpoint->id), endpoint);
          const model::EndpointId id = decision.ordered()[0]->id;
          holds.push_back(
              world.pool.in_flight.Acquire(id.slot,
                                           static_cast<uint32_t>(sched::UncachedTokens(
                                               world.request, decision.cached_blocks[0])),
                                           rng.Below(9999)));
          world.profile->Commit(world.request, {id});
          world.pool.health.Report(id, static_cast<data::Outcome>(rng.Below(data::kOutcomes)),
                                   world.request.now);
        }
      }
    }
    holds.clear();
    EXPECT_EQ(world.pool.in_flight.ReadAll(), data::InFlight::Totals{}) << "seed " << seed;
  }
}

TEST(ServeDefault, SameSeedSameDecisions) {
  World a(20);
  World b(20);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(a.Best(), b.Best());
}

}  // namespace
}  // namespace fairway::plugins
