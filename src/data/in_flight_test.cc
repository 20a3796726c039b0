#include "data/in_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/rng.h"

namespace fairway::data {
namespace {

using Totals = InFlight::Totals;

TEST(InFlight, CountsWhileHeld) {
  InFlight in_flight;
  {
    const InFlightHold a = in_flight.Acquire(3, 100, 1000);
    const InFlightHold b = in_flight.Acquire(3, 50, 500);
    EXPECT_EQ(in_flight.Read(3), (Totals{2, 150, 1500}));
    EXPECT_EQ(in_flight.Requests(3), 2u);
    EXPECT_EQ(in_flight.Read(4), Totals{});
  }
  EXPECT_EQ(in_flight.Read(3), Totals{});
}

TEST(InFlight, MovingAHoldMovesTheDuty) {
  InFlight in_flight;
  InFlightHold a = in_flight.Acquire(1, 10, 1);
  InFlightHold b = std::move(a);
  EXPECT_FALSE(a.held());
  a.Release();
  EXPECT_EQ(in_flight.Requests(1), 1u);
  b = in_flight.Acquire(2, 20, 2);  // a retry elsewhere: the old place is free
  EXPECT_EQ(in_flight.Read(1), Totals{});
  EXPECT_EQ(in_flight.Read(2), (Totals{1, 20, 2}));
  InFlightHold& same = b;
  b = std::move(same);
  EXPECT_EQ(in_flight.Requests(2), 1u);
}

TEST(InFlight, ReleasesOnce) {
  InFlight in_flight;
  InFlightHold hold = in_flight.Acquire(1, 10, 1);
  hold.Release();
  hold.Release();
  EXPECT_EQ(in_flight.Read(1), Totals{});
}

TEST(InFlight, TokensCanGoFirst) {
  InFlight in_flight;
  InFlightHold hold = in_flight.Acquire(1, 10, 7);
  hold.ReleaseTokens();
  hold.ReleaseTokens();
  EXPECT_EQ(in_flight.Read(1), (Totals{1, 0, 7}));
  hold.Release();
  EXPECT_EQ(in_flight.Read(1), Totals{});
}

TEST(InFlight, APausedRequestIsHeldButNotAwaited) {
  InFlight in_flight;
  InFlightHold paused = in_flight.Acquire(5, 1, 1);
  const InFlightHold other = in_flight.Acquire(5, 1, 1);
  paused.Pause();
  paused.Pause();
  EXPECT_EQ(in_flight.Requests(5), 2u);
  EXPECT_EQ(in_flight.Awaited(5), 1u);
  paused.Resume();
  paused.Resume();
  EXPECT_EQ(in_flight.Awaited(5), 2u);
  paused.Pause();
  InFlightHold moved = std::move(paused);
  EXPECT_EQ(in_flight.Awaited(5), 1u);
  moved.Release();
  EXPECT_EQ(in_flight.Requests(5), 1u);
  EXPECT_EQ(in_flight.Awaited(5), 1u);
}

TEST(InFlight, HugePromptsAreCapped) {
  InFlight in_flight;
  std::vector<InFlightHold> holds;
  for (int i = 0; i < 1000; ++i) holds.push_back(in_flight.Acquire(0, UINT32_MAX, UINT32_MAX));
  EXPECT_EQ(in_flight.Read(0),
            (Totals{1000, uint64_t{1000} * InFlight::kMaxTokens, uint64_t{1000} * UINT32_MAX}));
  holds.clear();
  EXPECT_EQ(in_flight.Read(0), Totals{});
}

TEST(InFlight, GathersManySlots) {
  InFlight in_flight;
  const InFlightHold a = in_flight.Acquire(0, 5, 1);
  const InFlightHold b = in_flight.Acquire(4095, 1 << 20, 1);
  const std::vector<model::EndpointId> ids{{0, 1}, {17, 1}, {4095, 9}};
  std::vector<float> requests(3);
  std::vector<float> tokens(3);
  in_flight.Gather(ids, requests, tokens);
  EXPECT_EQ(requests, (std::vector<float>{1, 0, 1}));
  EXPECT_EQ(tokens, (std::vector<float>{5, 0, 1 << 20}));
}

// Random traffic over all workers, in one thread that poses as each of them.
TEST(InFlight, ReturnsToZeroWhateverHappens) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    base::Rng rng(seed);
    InFlight in_flight;
    std::array<std::vector<InFlightHold>, base::kMaxWorkers> held;
    Totals expected;
    for (int step = 0; step < 2000; ++step) {
      base::this_worker = rng.Below(base::kMaxWorkers);
      auto& mine = held[base::this_worker];
      if (mine.empty() || rng.Below(5) < 3) {
        mine.push_back(
            in_flight.Acquire(rng.Below(kMaxSlots), rng.Below(100'000), rng.Below(9999)));
        if (rng.Below(3) == 0) mine.back().ReleaseTokens();
      } else {
        const size_t which = rng.Below(static_cast<uint32_t>(mine.size()));
        if (rng.Below(4) == 0) {
          mine[which] = in_flight.Acquire(rng.Below(kMaxSlots), 1, 1);
        } else {
          mine[which] = std::move(mine.back());
          mine.pop_back();
        }
      }
    }
    size_t count = 0;
    for (const auto& mine : held) count += mine.size();
    EXPECT_EQ(in_flight.ReadAll().requests, count);
    for (base::this_worker = 0; base::this_worker < base::kMaxWorkers; ++base::this_worker)
      held[base::this_worker].clear();
    base::this_worker = 0;
    EXPECT_EQ(in_flight.ReadAll(), Totals{}) << "seed " << seed;
  }
}

TEST(InFlight, WorkersCountWhileOthersRead) {
  InFlight in_flight;
  std::atomic<int> running{4};
  std::vector<std::thread> workers;
  for (size_t w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      base::this_worker = w;
      base::Rng rng(w);
      for (int i = 0; i < 20'000; ++i) {
        InFlightHold hold = in_flight.Acquire(rng.Below(8), 10, 100);
        if (i % 2 == 0) hold.ReleaseTokens();
      }
      --running;
    });
  }
  while (running > 0) {
    const Totals all = in_flight.Read(3);
    EXPECT_LE(all.requests, 4u);
    EXPECT_LE(all.tokens, 40u);
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(in_flight.ReadAll(), Totals{});
}

TEST(InFlightDeathTest, OnlyTheWorkerThatHoldsMayRelease) {
  InFlight in_flight;
  InFlightHold hold = in_flight.Acquire(0, 1, 1);
  EXPECT_DEATH(
      {
        base::this_worker = 1;
        hold.Release();
      },
      "this_worker");
}

}  // namespace
}  // namespace fairway::data
