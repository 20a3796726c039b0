#include "data/health.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/rng.h"

namespace fairway::data {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = Health::Verdict;

constexpr base::TimePoint kStart{seconds(1000)};

model::EndpointSet SetOf(uint32_t count, uint32_t generation = 1) {
  std::vector<model::Endpoint> endpoints(count);
  for (uint32_t i = 0; i < count; ++i) endpoints[i].id = {i, generation};
  return {std::move(endpoints), 1};
}

struct World {
  explicit World(uint32_t members) { health.SetMembers(SetOf(members)); }
  Verdict Fail(uint32_t slot, int times, Outcome outcome = Outcome::kConnectFailed) {
    Verdict last = Verdict::kNothing;
    for (int i = 0; i < times; ++i) last = health.Report({slot, 1}, outcome, now);
    return last;
  }
  Verdict Succeed(uint32_t slot) { return health.Report({slot, 1}, Outcome::kSuccess, now); }
  Standing At(uint32_t slot) const { return health.StandingOf({slot, 1}, now); }
  Health::Reading Read(uint32_t slot) const { return health.Read({slot, 1}, now); }

  Health health;
  base::TimePoint now = kStart;
};

TEST(Health, FiveFailuresInARowEject) {
  World world(4);
  EXPECT_EQ(world.Fail(0, 4), Verdict::kNothing);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_FALSE(world.health.AnyTrouble());
  EXPECT_EQ(world.Fail(0, 1, Outcome::kServerError), Verdict::kEjected);
  EXPECT_EQ(world.At(0), Standing::kEjected);
  EXPECT_TRUE(world.health.AnyTrouble());
  const Health::Reading reading = world.Read(0);
  EXPECT_EQ(reading.reason, EjectReason::kFailing);
  EXPECT_EQ(reading.until, kStart + seconds(10));
  EXPECT_EQ(reading.outcomes[static_cast<size_t>(Outcome::kConnectFailed)], 4u);
  EXPECT_EQ(reading.outcomes[static_cast<size_t>(Outcome::kServerError)], 1u);
}

TEST(Health, ASuccessBetweenBreaksTheRow) {
  World world(4);
  world.Fail(0, 4);
  EXPECT_EQ(world.Succeed(0), Verdict::kNothing);
  world.Fail(0, 4);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_EQ(world.Fail(0, 1), Verdict::kEjected);
}

TEST(Health, WhatTheClientCausedDoesNotCount) {
  World world(4);
  world.Fail(0, 4);
  world.Fail(0, 100, Outcome::kClientCaused);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_EQ(world.Fail(0, 1), Verdict::kEjected);
}

TEST(Health, ProbationEndsAtTheFirstSuccess) {
  World world(4);
  world.Fail(0, 5);
  world.now += milliseconds(9999);
  EXPECT_EQ(world.At(0), Standing::kEjected);
  world.now += milliseconds(1);
  EXPECT_EQ(world.At(0), Standing::kProbation);
  EXPECT_EQ(world.Succeed(0), Verdict::kBack);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_FALSE(world.health.AnyTrouble());
  EXPECT_EQ(world.Fail(0, 4), Verdict::kNothing);  // whole again: five more are needed
}

TEST(Health, EachFurtherEjectionIsTwiceAsLongUpToFiveMinutes) {
  World world(4);
  world.Fail(0, 4);
  for (const int expected : {10, 20, 40, 80, 160, 300, 300, 300}) {
    EXPECT_EQ(world.Fail(0, 1), Verdict::kEjected);
    EXPECT_EQ(world.Read(0).until - world.now, seconds(expected));
    world.now = world.Read(0).until;
  }
  EXPECT_EQ(world.Read(0).ejections, 8u);
  world.Succeed(0);
  world.Fail(0, 5);
  EXPECT_EQ(world.Read(0).until - world.now, seconds(10));
}

TEST(Health, StragglersOfAnEjectionChangeNothing) {
  World world(4);
  world.Fail(0, 5);
  EXPECT_EQ(world.Fail(0, 95), Verdict::kNothing);
  EXPECT_EQ(world.Succeed(0), Verdict::kNothing);  // an old stream
  EXPECT_EQ(world.At(0), Standing::kEjected);
  EXPECT_EQ(world.Read(0).ejections_in_a_row, 1u);
  EXPECT_EQ(world.Read(0).until, kStart + seconds(10));
}

TEST(Health, AtMostHalfIsEjectedAndOneAloneNever) {
  for (uint32_t members = 1; members <= 9; ++members) {
    World world(members);
    uint32_t ejected = 0;
    for (uint32_t slot = 0; slot < members; ++slot)
      ejected +=
          world.Fail(slot, 50) == Verdict::kEjected || world.At(slot) == Standing::kEjected ? 1 : 0;
    EXPECT_EQ(ejected, members / 2);
  }
}

TEST(Health, ARefusedEjectionHappensWhenThereIsRoom) {
  World world(2);
  EXPECT_EQ(world.Fail(0, 5), Verdict::kEjected);
  EXPECT_EQ(world.Fail(1, 9), Verdict::kNothing);
  world.now += seconds(10);
  EXPECT_EQ(world.Fail(1, 1), Verdict::kEjected);
  EXPECT_EQ(world.At(0), Standing::kProbation);
  EXPECT_EQ(world.Fail(0, 1), Verdict::kNothing);  // the other is out: this one must serve
  EXPECT_EQ(world.At(0), Standing::kProbation);
}

TEST(Health, WhenMembersLeaveTheLimitStillHolds) {
  World world(6);
  for (uint32_t slot = 0; slot < 3; ++slot) {
    world.Fail(slot, 5);
    world.now += seconds(1);
  }
  world.health.SetMembers(SetOf(4));
  EXPECT_EQ(world.At(0), Standing::kIn);  // its time would have been over first
  EXPECT_EQ(world.At(1), Standing::kEjected);
  EXPECT_EQ(world.At(2), Standing::kEjected);
  world.health.SetMembers(SetOf(1));
  EXPECT_FALSE(world.health.AnyTrouble());
}

TEST(Health, ANewGenerationStartsWhole) {
  World world(4);
  world.Fail(0, 5);
  world.health.SetMembers(SetOf(4, 2));
  EXPECT_EQ(world.health.StandingOf({0, 2}, kStart), Standing::kIn);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_EQ(world.Fail(0, 50), Verdict::kNothing);  // late news of the old one
  EXPECT_EQ(world.health.Read({0, 2}, kStart).failures_in_a_row, 0u);
  EXPECT_EQ(world.health.Read({0, 2}, kStart).ejections, 0u);
}

TEST(Health, ReinstateByHand) {
  World world(4);
  EXPECT_FALSE(world.health.Reinstate({0, 1}));
  world.Fail(0, 5);
  EXPECT_FALSE(world.health.Reinstate({0, 9}));
  EXPECT_TRUE(world.health.Reinstate({0, 1}));
  EXPECT_EQ(world.At(0), Standing::kIn);
}

TEST(HealthHung, SilenceWithRequestsInFlightEjects) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 100, world.now);
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  world.now += seconds(30);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  world.now += seconds(1);
  const std::vector<model::EndpointId> hung = world.health.FindHung(in_flight, world.now);
  ASSERT_EQ(hung, (std::vector<model::EndpointId>{{0, 1}}));
  EXPECT_EQ(world.At(0), Standing::kEjected);
  EXPECT_EQ(world.Read(0).reason, EjectReason::kHung);
  EXPECT_EQ(world.health.HungEpoch({0, 1}), 1u);
  EXPECT_EQ(world.health.HungVersion(), 1u);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now + seconds(5)).empty());
}

TEST(HealthHung, IdleTimeIsNoSilence) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 100, world.now);
  for (int i = 0; i < 100; ++i) {
    world.now += seconds(1);
    EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  }
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.now += seconds(29);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
}

TEST(HealthHung, AClientThatDoesNotReadIsNoSilenceOfTheServer) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 100, world.now);
  InFlightHold hold = in_flight.Acquire(0, 1, 1);
  hold.Pause();
  for (int i = 0; i < 100; ++i) {
    world.now += seconds(1);
    EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  }
  hold.Resume();
  world.now += seconds(29);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  world.now += seconds(2);
  EXPECT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
}

TEST(HealthHung, BytesAndTokenCountersAreProgress) {
  World world(2);
  InFlight in_flight;
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  uint64_t tokens = 0;
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0)
      world.health.Progress({0, 1}, world.now);
    else
      world.health.TokensSeen({0, 1}, ++tokens, world.now);
    world.now += seconds(20);
    EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty()) << i;
  }
}

TEST(HealthHung, RequestsThatMayBeQuietAreNoSignOfIt) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 1, world.now);
  const InFlightHold tunnel = in_flight.Acquire(0, 1, 1);
  world.health.AddQuiet({0, 1});
  world.health.FindHung(in_flight, world.now);
  world.now += seconds(3600);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  // One that may not be quiet is judged from its own time.
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.now += seconds(29);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  world.now += seconds(2);
  EXPECT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
  world.health.RemoveQuiet({0, 1});
}

TEST(HealthHung, WithoutTokenCountersThereIsMorePatience) {
  World world(2);
  InFlight in_flight;
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.health.FindHung(in_flight, world.now);
  world.now += seconds(300);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  world.now += seconds(1);
  EXPECT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
}

TEST(HealthHung, OneAloneKeepsItsRequests) {
  World world(1);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 1, world.now);
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.health.FindHung(in_flight, world.now);
  world.now += seconds(3600);
  EXPECT_TRUE(world.health.FindHung(in_flight, world.now).empty());
  EXPECT_EQ(world.health.HungEpoch({0, 1}), 0u);
}

TEST(HealthHung, ProgressDisprovesItButTheNextEjectionIsLonger) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 1, world.now);
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.health.FindHung(in_flight, world.now);
  world.now += seconds(31);
  ASSERT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
  world.now += seconds(2);
  world.health.Progress({0, 1}, world.now);
  EXPECT_EQ(world.At(0), Standing::kIn);
  EXPECT_EQ(world.Read(0).ejections_in_a_row, 1u);
  world.now += seconds(31);
  ASSERT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
  EXPECT_EQ(world.Read(0).until - world.now, seconds(20));
  world.health.TokensSeen({0, 1}, 2, world.now);
  world.Succeed(0);
  EXPECT_EQ(world.Read(0).ejections_in_a_row, 0u);
}

TEST(HealthHung, ItHangsOnThroughItsProbation) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 1, world.now);
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);  // a stream that nobody aborts
  world.health.FindHung(in_flight, world.now);
  int found = 0;
  for (int second = 0; second < 200; ++second) {
    world.now += seconds(1);
    found += static_cast<int>(world.health.FindHung(in_flight, world.now).size());
  }
  EXPECT_GE(found, 3);
  EXPECT_GE(world.Read(0).ejections_in_a_row, 3u);
}

TEST(HealthHung, AnEjectedOneCanHangToo) {
  World world(2);
  InFlight in_flight;
  world.health.TokensSeen({0, 1}, 1, world.now);
  const InFlightHold hold = in_flight.Acquire(0, 1, 1);
  world.health.FindHung(in_flight, world.now);
  world.now += seconds(25);
  world.Fail(0, 5, Outcome::kStalled);
  world.now += seconds(6);
  EXPECT_EQ(world.health.FindHung(in_flight, world.now).size(), 1u);
  EXPECT_EQ(world.health.HungEpoch({0, 1}), 1u);
  EXPECT_EQ(world.Read(0).reason, EjectReason::kFailing);
}

// Whatever is reported, in whatever order: never more than half, and troubled agrees with
// standings.
TEST(Health, RandomReportsKeepTheLimit) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    base::Rng rng(seed);
    const uint32_t members = 1 + rng.Below(9);
    World world(members);
    InFlight in_flight;
    std::vector<InFlightHold> holds;
    for (int step = 0; step < 3000; ++step) {
      const uint32_t slot = rng.Below(members);
      world.health.Report({slot, 1}, static_cast<Outcome>(rng.Below(kOutcomes)), world.now);
      if (rng.Below(4) == 0) world.Fail(slot, 5);
      if (rng.Below(20) == 0) holds.push_back(in_flight.Acquire(slot, 1, 1));
      if (rng.Below(20) == 0) holds.clear();
      if (rng.Below(10) == 0) world.health.TokensSeen({slot, 1}, rng.Below(3), world.now);
      if (rng.Below(10) == 0) world.health.FindHung(in_flight, world.now);
      world.now += milliseconds(rng.Below(4000));
      uint32_t ejected = 0;
      bool trouble = false;
      for (uint32_t i = 0; i < members; ++i) {
        ejected += world.At(i) == Standing::kEjected ? 1 : 0;
        trouble |= world.At(i) != Standing::kIn;
      }
      ASSERT_LE(ejected, members / 2) << "seed " << seed;
      ASSERT_EQ(trouble, world.health.AnyTrouble()) << "seed " << seed;
    }
  }
}

TEST(Health, ManyThreads) {
  World world(8);
  InFlight in_flight;
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (size_t w = 1; w <= 3; ++w) {
    workers.emplace_back([&, w] {
      base::this_worker = w;
      base::Rng rng(w);
      for (int i = 0; i < 5'000; ++i) {
        const model::EndpointId id{rng.Below(8), 1};
        const base::TimePoint now = kStart + milliseconds(i * 10);
        const InFlightHold hold = in_flight.Acquire(id.slot, 1, 1);
        world.health.Report(id, static_cast<Outcome>(rng.Below(kOutcomes)), now);
        world.health.Progress(id, now);
        (void)world.health.StandingOf(id, now);
        (void)world.health.HungEpoch(id);
      }
    });
  }
  std::thread control([&] {
    for (int i = 0; !done; ++i) {
      const base::TimePoint now = kStart + milliseconds(i);
      world.health.FindHung(in_flight, now);
      world.health.TokensSeen({0, 1}, static_cast<uint64_t>(i), now);
      (void)world.health.Read({1, 1}, now);
      if (i % 100 == 0) world.health.SetMembers(SetOf(4 + static_cast<uint32_t>(i % 5)));
    }
  });
  for (std::thread& worker : workers) worker.join();
  done = true;
  control.join();
  EXPECT_EQ(in_flight.ReadAll(), InFlight::Totals{});
}

}  // namespace
}  // namespace fairway::data
