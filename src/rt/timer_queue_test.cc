#include "rt/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/rng.h"

namespace fairway::rt {
namespace {

TimePoint At(int64_t t) { return TimePoint(Duration(t)); }

TEST(TimerQueue, FiresByDeadlineThenByStart) {
  TimerQueue queue;
  std::vector<int> order;
  Timer a([&] { order.push_back(1); });
  Timer b([&] { order.push_back(2); });
  Timer c([&] { order.push_back(3); });
  queue.Start(c, At(20));
  queue.Start(b, At(10));
  queue.Start(a, At(20));
  EXPECT_EQ(queue.Next(), At(10));
  queue.Fire(At(9));
  EXPECT_TRUE(order.empty());
  queue.Fire(At(20));
  EXPECT_EQ(order, (std::vector<int>{2, 3, 1}));
  EXPECT_FALSE(a.armed());
  EXPECT_EQ(queue.Next(), std::nullopt);
}

TEST(TimerQueue, StoppedAndDestroyedTimersAreForgotten) {
  TimerQueue queue;
  Timer stopped([] { FAIL(); });
  queue.Start(stopped, At(1));
  {
    Timer destroyed([] { FAIL(); });
    queue.Start(destroyed, At(1));
  }
  stopped.Stop();
  stopped.Stop();
  queue.Fire(At(5));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, MovingLaterIsSeenInNextAndInTheOrder) {
  TimerQueue queue;
  std::vector<int> order;
  Timer moved([&] { order.push_back(1); });
  Timer still([&] { order.push_back(2); });
  queue.Start(moved, At(10));
  queue.Start(still, At(30));
  queue.Start(moved, At(30));  // the same deadline, but started later
  EXPECT_EQ(queue.Next(), At(30));
  queue.Fire(At(29));
  EXPECT_TRUE(order.empty());
  queue.Fire(At(30));
  EXPECT_EQ(order, (std::vector<int>{2, 1}));
}

TEST(TimerQueue, WhatIsStartedWhileFiringWaitsForTheNextCall) {
  TimerQueue queue;
  int fired = 0;
  Timer again([&] {
    ++fired;
    queue.Start(again, At(10));
  });
  queue.Start(again, At(10));
  queue.Fire(At(10));
  EXPECT_EQ(fired, 1);
  queue.Fire(At(10));
  EXPECT_EQ(fired, 2);
}

TEST(TimerQueue, ATimerMayDestroyItselfAndStopOthers) {
  TimerQueue queue;
  Timer other([] { FAIL(); });
  std::unique_ptr<Timer> self;
  self = std::make_unique<Timer>([&] {
    other.Stop();
    self.reset();
  });
  queue.Start(*self, At(1));
  queue.Start(other, At(1));
  queue.Fire(At(1));
  EXPECT_EQ(self, nullptr);
}

TEST(TimerQueue, DestroyingTheQueueDisarms) {
  Timer timer([] { FAIL(); });
  {
    TimerQueue queue;
    queue.Start(timer, At(1));
  }
  EXPECT_FALSE(timer.armed());
}

// Random starts, moves and stops against a plain list.
TEST(TimerQueue, AgreesWithAPlainModel) {
  constexpr size_t kTimers = 40;
  struct Model {
    bool armed = false;
    TimePoint deadline;
    uint64_t started = 0;
  };
  base::Rng rng(42);
  TimerQueue queue;
  std::vector<Model> model(kTimers);
  std::vector<size_t> fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (size_t i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<Timer>([&fired, i] { fired.push_back(i); }));
  }
  int64_t now = 0;
  uint64_t starts = 0;
  for (int step = 0; step < 50'000; ++step) {
    const size_t i = rng.Below(kTimers);
    const uint32_t what = rng.Below(10);
    if (what < 6) {
      const TimePoint deadline = At(now + rng.Below(50));
      queue.Start(*timers[i], deadline);
      model[i] = {true, deadline, starts++};
    } else if (what < 8) {
      timers[i]->Stop();
      model[i].armed = false;
    } else {
      now += rng.Below(10);
      std::vector<size_t> due;
      for (size_t k = 0; k < kTimers; ++k) {
        if (model[k].armed && model[k].deadline <= At(now)) due.push_back(k);
      }
      std::sort(due.begin(), due.end(), [&](size_t a, size_t b) {
        return std::pair(model[a].deadline, model[a].started) <
               std::pair(model[b].deadline, model[b].started);
      });
      for (const size_t k : due) model[k].armed = false;
      fired.clear();
      queue.Fire(At(now));
      ASSERT_EQ(fired, due);
    }
    std::optional<TimePoint> next;
    for (const Model& m : model) {
      if (m.armed && (!next || m.deadline < *next)) next = m.deadline;
    }
    ASSERT_EQ(queue.Next(), next);
    ASSERT_EQ(timers[i]->armed(), model[i].armed);
  }
}

}  // namespace
}  // namespace fairway::rt
