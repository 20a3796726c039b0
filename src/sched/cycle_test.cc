#include "sched/cycle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "sched/fakes.h"

namespace fairway::sched {
namespace {

using fakes::FakePool;
using std::chrono::seconds;

float Zero(const Candidates&, size_t) { return 0; }

TEST(Decide, WeightedSumDecides) {
  FakePool world(3);
  Profile profile = fakes::Obedient();
  fakes::AddScorer(profile, 2, [](const Candidates&, size_t i) { return i == 0 ? 0.5f : 0.1f; });
  fakes::AddScorer(profile, 1, [](const Candidates&, size_t i) { return i == 2 ? 1.0f : 0.0f; });
  const Decision decision = world.Decide(profile);
  ASSERT_EQ(decision.count, 3u);
  EXPECT_EQ(decision.verdict, Verdict::kPicked);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[2]);  // 0.2 + 1
  EXPECT_EQ(decision.ordered()[1]->id, world.ids[0]);  // 1
  EXPECT_EQ(decision.ordered()[2]->id, world.ids[1]);  // 0.2
}

TEST(Decide, ScoresAreClampedAndNanIsNothing) {
  FakePool world(4);
  Profile profile = fakes::Obedient();
  fakes::AddScorer(profile, 1, [](const Candidates&, size_t i) {
    const float scores[] = {7, -3, std::numeric_limits<float>::quiet_NaN(), 0.9f};
    return scores[i];
  });
  const Decision decision = world.Decide(profile);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[0]);
  EXPECT_EQ(decision.ordered()[1]->id, world.ids[3]);
  EXPECT_EQ(world.trace.candidates[0].scores[0], 1);
  EXPECT_EQ(world.trace.candidates[2].total, 0);
  EXPECT_EQ(world.trace.candidates[3].total, 0);
}

TEST(Decide, OnlyThoseThatServeTheModel) {
  FakePool world(2);
  const model::EndpointId other = world.Add(10, {"n"}, {{"lora", "n"}});
  world.Add(11, {});
  world.pool.Publish();
  const Profile profile = fakes::Obedient();
  EXPECT_EQ(world.Decide(profile).count, 2u);
  world.request.model = "n";
  ASSERT_EQ(world.Decide(profile).count, 1u);
  EXPECT_EQ(world.Decide(profile).ordered()[0]->id, other);
  world.request.adapter = "lora";
  EXPECT_EQ(world.Decide(profile).ordered()[0]->id, other);
  world.request.model = "m";  // the adapter is what must be served
  EXPECT_EQ(world.Decide(profile).ordered()[0]->id, other);
  world.request.adapter = "";
  world.request.model = "";
  EXPECT_EQ(world.Decide(profile).count, 4u);
}

TEST(Decide, NobodyIsAnAnswerWithAReason) {
  Profile profile = fakes::Obedient();
  FakePool none(0);
  EXPECT_EQ(none.Decide(profile).verdict, Verdict::kPoolEmpty);
  EXPECT_FALSE(none.Decide(profile).ok());
  FakePool world(2);
  world.request.model = "unknown";
  EXPECT_EQ(world.Decide(profile).verdict, Verdict::kNotServed);
  EXPECT_EQ(world.trace.verdict, Verdict::kNotServed);
  EXPECT_EQ(world.trace.kept, 0);
  world.request.model = "m";
  fakes::AddFilter(profile, [](const Candidates&, size_t) { return false; });
  EXPECT_EQ(world.Decide(profile).verdict, Verdict::kAllFiltered);
  EXPECT_EQ(world.trace.dropped, 2u);
  ASSERT_EQ(world.trace.kept, 2);
  EXPECT_EQ(world.trace.DroppedByName(world.trace.candidates[0]), "fake-filter");
}

TEST(Decide, FiltersRunInOrderAndScorersSeeWhatIsLeft) {
  FakePool world(5);
  Profile profile = fakes::Obedient();
  fakes::AddFilter(profile, [](const Candidates& c, size_t i) { return c.ids()[i].slot != 1; });
  fakes::AddFilter(profile, [](const Candidates& c, size_t i) {
    EXPECT_EQ(c.size(), 4u);
    return c.ids()[i].slot != 3;
  });
  fakes::AddScorer(profile, 1, [](const Candidates& c, size_t i) {
    EXPECT_EQ(c.size(), 3u);
    return static_cast<float>(c.ids()[i].slot) / 10;
  });
  const Decision decision = world.Decide(profile);
  ASSERT_EQ(decision.count, 3u);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[4]);
  EXPECT_EQ(world.trace.dropped, 2u);
  EXPECT_EQ(world.trace.candidates[3].dropped_by, kByFilter + 1);  // the last to go
  EXPECT_EQ(world.trace.candidates[4].dropped_by, kByFilter + 0);
}

TEST(Decide, EjectedOnesAreLeftOut) {
  FakePool world(4);
  world.Eject(world.ids[1]);
  const Profile profile = fakes::Obedient();
  const Decision decision = world.Decide(profile);
  EXPECT_EQ(decision.count, 3u);
  EXPECT_FALSE(decision.all_ejected);
  for (const model::Endpoint* endpoint : decision.ordered()) EXPECT_NE(endpoint->id, world.ids[1]);
  EXPECT_EQ(world.trace.DroppedByName(world.trace.candidates[3]), "ejected");
}

TEST(Decide, WhenAllThatServeItAreEjectedAllAreUsed) {
  FakePool world(1);
  world.Add(10, {"n"});
  world.pool.Publish();
  world.Eject(world.ids[0]);
  ASSERT_EQ(world.pool.health.StandingOf(world.ids[0], world.request.now),
            data::Standing::kEjected);
  const Decision decision = world.Decide(fakes::Obedient());
  ASSERT_EQ(decision.count, 1u);
  EXPECT_TRUE(decision.all_ejected);
  EXPECT_TRUE(world.trace.all_ejected);
}

TEST(Decide, ProbationTakesOneRequestAtATime) {
  FakePool world(4);
  const Profile profile = fakes::Obedient();
  world.Eject(world.ids[0]);
  world.request.now += seconds(10);
  EXPECT_EQ(world.Decide(profile).count, 4u);
  const data::InFlightHold probe = world.pool.in_flight.Acquire(world.ids[0].slot, 1, 1);
  EXPECT_EQ(world.Decide(profile).count, 3u);
  EXPECT_EQ(world.trace.DroppedByName(world.trace.candidates[3]), "probation");
  world.pool.health.Report(world.ids[0], data::Outcome::kSuccess, world.request.now);
  EXPECT_EQ(world.Decide(profile).count, 4u);
}

TEST(Decide, ProbationNeverLeavesNobody) {
  FakePool world(1);
  world.Add(10, {"n"});
  world.pool.Publish();
  world.Eject(world.ids[0]);
  world.request.now += seconds(10);
  const data::InFlightHold probe = world.pool.in_flight.Acquire(world.ids[0].slot, 1, 1);
  const Decision decision = world.Decide(fakes::Obedient());
  EXPECT_EQ(decision.count, 1u);
  EXPECT_FALSE(decision.all_ejected);
}

TEST(Decide, UnknownLoadIsOurOwnInFlightAndTheMedian) {
  FakePool world(5);
  world.Report(world.ids[0], 1, 10, 0.2f);
  world.Report(world.ids[1], 2, 20, 0.9f);
  world.Report(world.ids[2], 3, 30, 0.4f);
  std::vector<data::InFlightHold> holds;
  for (int i = 0; i < 7; ++i)
    holds.push_back(world.pool.in_flight.Acquire(world.ids[3].slot, 100, 1));
  world.Decide(fakes::Obedient());
  const TracedCandidate& unknown = world.trace.candidates[3];
  EXPECT_EQ(unknown.waiting, 7);
  EXPECT_EQ(unknown.running, 7);
  EXPECT_EQ(unknown.kv_usage, 0.4f);
  EXPECT_EQ(unknown.in_flight_tokens, 700);
  EXPECT_EQ(unknown.unknown, kWaitingUnknown | kRunningUnknown | kKvUsageUnknown);
  EXPECT_EQ(world.trace.candidates[0].unknown, 0);
  EXPECT_EQ(world.trace.candidates[0].running, 10);

  // All stale: nobody is idle, nobody is saturated.
  world.request.now += seconds(2);
  world.Decide(fakes::Obedient());
  EXPECT_EQ(world.trace.candidates[0].kv_usage, 0.5f);
  EXPECT_EQ(world.trace.candidates[0].waiting, 0);
  EXPECT_EQ(world.trace.candidates[3].waiting, 7);
}

TEST(Decide, OnlyTheMissingFigureIsReplaced) {
  FakePool world(2);
  world.pool.Report(world.ids[0], {.waiting = 4}, world.request.now, seconds(1));
  world.Report(world.ids[1], 0, 0, 0.75f);
  world.Decide(fakes::Obedient());
  EXPECT_EQ(world.trace.candidates[0].waiting, 4);
  EXPECT_EQ(world.trace.candidates[0].kv_usage, 0.75f);
  EXPECT_EQ(world.trace.candidates[0].unknown, kRunningUnknown | kKvUsageUnknown);
}

TEST(Decide, AMisbehavingPickerCannotLeaveTheCandidates) {
  FakePool world(4);
  Profile profile = fakes::Obedient();
  fakes::AddFilter(profile, [](const Candidates& c, size_t i) { return c.ids()[i].slot != 0; });
  profile.picker.plugin =
      std::make_shared<fakes::FakePicker>(std::vector<uint32_t>{3, 1, 1, 99, 0, UINT32_MAX, 1});
  const Decision decision = world.Decide(profile);
  ASSERT_EQ(decision.count, 2u);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[2]);
  EXPECT_EQ(decision.ordered()[1]->id, world.ids[1]);
}

// An adapter that is known and that nobody lists: who serves its base model and has room loads it.
TEST(Decide, AnAdapterThatNobodyListsGoesWhereThereIsRoom) {
  FakePool world(3);
  const Profile profile = fakes::Obedient();
  const auto report = [&](size_t server, std::vector<std::string_view> running) {
    world.pool.Report(world.ids[server], {.max_loras = 1, .running_loras = running},
                      world.request.now, seconds(1));
  };
  world.request.adapter = "sql";
  EXPECT_EQ(world.Decide(profile).count, 3u);  // nobody told of slots: all may have room
  report(0, {"x"});
  report(1, {});
  report(2, {"y"});
  Decision decision = world.Decide(profile);
  ASSERT_EQ(decision.count, 1u);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[1]);
  EXPECT_EQ(world.trace.DroppedByName(world.trace.candidates[1]), "no-adapter-slot");
  report(1, {"z"});
  EXPECT_EQ(world.Decide(profile).count, 3u);  // full everywhere: somebody will make room
  CHECK(world.pool.table.SetServed(world.ids[2], {"m"}, {{"sql", "m"}}).ok());
  world.pool.Publish();
  decision = world.Decide(profile);  // listed now: only there
  ASSERT_EQ(decision.count, 1u);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[2]);
  world.request.model = "n";
  world.request.adapter = "other";
  EXPECT_EQ(world.Decide(profile).verdict, Verdict::kNotServed);
}

TEST(Decide, ProducersFillAndLearn) {
  FakePool world(3);
  Profile profile = fakes::Obedient();
  static constexpr PluginSpec kSpec{.type = "p", .doc = "", .make = Make<Producer>{}};
  const auto producer = std::make_shared<fakes::FakeProducer>();
  profile.producers.push_back({&kSpec, "p", producer});
  profile.learners.push_back(producer.get());
  fakes::AddScorer(profile, 1,
                   [](const Candidates& c, size_t i) { return c.cached_blocks()[i] / 10; });
  const Decision decision = world.Decide(profile);
  EXPECT_EQ(decision.ordered()[0]->id, world.ids[2]);
  EXPECT_EQ(decision.cached_blocks[0], 2);
  EXPECT_TRUE(producer->committed.empty());
  profile.Commit(world.request, {decision.ordered()[0]->id});
  EXPECT_EQ(producer->committed, std::vector<model::EndpointId>{world.ids[2]});
}

TEST(Decide, ATraceOfManyHasRoomForSomeThatWereDropped) {
  FakePool world(100);
  Profile profile = fakes::Obedient();
  fakes::AddScorer(profile, 1, Zero);
  fakes::AddFilter(profile, [](const Candidates& c, size_t i) { return c.ids()[i].slot < 98; });
  const Decision decision = world.Decide(profile);
  EXPECT_EQ(decision.count, kMaxOrdered);
  EXPECT_EQ(world.trace.considered, 100u);
  EXPECT_EQ(world.trace.kept, kMaxTraced);
  EXPECT_EQ(world.trace.dropped, 2u);
  EXPECT_EQ(world.trace.ordered, kMaxOrdered);
  std::set<model::EndpointId> seen;
  size_t dropped = 0;
  for (const TracedCandidate& traced : world.trace.candidates) {
    EXPECT_TRUE(seen.insert(traced.id).second);
    dropped += traced.dropped_by != kNotDropped ? 1 : 0;
  }
  EXPECT_EQ(dropped, 2u);
}

// Random pools, filters, ejections, scores and removals: the answer is always of the set handed in,
// serves the model, passed the filter, is not ejected unless all are, and holds nobody twice.
TEST(Decide, NeverOutsideTheCandidateSet) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    base::Rng rng(seed);
    FakePool world(rng.Below(12));
    for (uint32_t i = 0; i < rng.Below(40); ++i) {
      const char* models[] = {"m", "n", ""};
      const std::string model = models[rng.Below(3)];
      world.ids.push_back(
          world.Add(static_cast<uint16_t>(100 + i),
                    model.empty() ? std::vector<std::string>{} : std::vector<std::string>{model}));
    }
    world.pool.Publish();
    std::vector<data::InFlightHold> holds;
    for (const model::EndpointId id : world.ids) {
      if (rng.Below(4) == 0) world.Eject(id);
      if (rng.Below(3) == 0) world.Report(id, static_cast<float>(rng.Below(9)), 1, 0.5f);
      if (rng.Below(3) == 0) holds.push_back(world.pool.in_flight.Acquire(id.slot, 5, 5));
      if (rng.Below(9) == 0) world.pool.table.Remove(id);
    }
    if (rng.Below(2) == 0) world.pool.Publish();
    world.request.now += seconds(rng.Below(15));
    Profile profile = fakes::Obedient();
    const uint32_t modulus = 1 + rng.Below(4);
    const auto keeps = [=](uint32_t slot) { return slot % modulus == 0; };
    fakes::AddFilter(profile,
                     [=](const Candidates& c, size_t i) { return keeps(c.ids()[i].slot); });
    fakes::AddScorer(profile, 1, [&](const Candidates&, size_t) {
      return static_cast<float>(rng.Unit()) * 3 - 1;
    });
    const Decision decision = world.Decide(profile);
    std::set<const model::Endpoint*> seen;
    for (const model::Endpoint* endpoint : decision.ordered()) {
      ASSERT_EQ(world.set->Find(endpoint->id), endpoint) << "seed " << seed;
      EXPECT_EQ(endpoint->models, std::vector<std::string>{"m"}) << "seed " << seed;
      EXPECT_TRUE(keeps(endpoint->id.slot)) << "seed " << seed;
      EXPECT_TRUE(seen.insert(endpoint).second) << "seed " << seed;
      if (!decision.all_ejected) {
        EXPECT_NE(world.pool.health.StandingOf(endpoint->id, world.request.now),
                  data::Standing::kEjected)
            << "seed " << seed;
      }
    }
    EXPECT_EQ(decision.ok(), decision.verdict == Verdict::kPicked);
    EXPECT_EQ(world.trace.ordered, decision.count);
    for (size_t k = 0; k < decision.count; ++k)
      EXPECT_EQ(world.trace.candidates[k].id, decision.ordered()[k]->id);
  }
}

TEST(UncachedTokens, TheContractsFormula) {
  const std::vector<uint64_t> blocks(10);
  Request request{.prefix_blocks = blocks, .block_tokens = 64, .prompt_tokens = 620};
  EXPECT_EQ(UncachedTokens(request, 0), 640);  // the partial last block counts whole
  EXPECT_EQ(UncachedTokens(request, 4), 384);
  EXPECT_EQ(UncachedTokens(request, 10), 0);
  request.prompt_tokens = 1000;  // longer than what was hashed
  EXPECT_EQ(UncachedTokens(request, 10), 360);
  request.prefix_blocks = {};
  EXPECT_EQ(UncachedTokens(request, 0), 1000);
}

}  // namespace
}  // namespace fairway::sched
