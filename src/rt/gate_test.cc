#include "rt/gate.h"

#include <gtest/gtest.h>

#include <memory>

#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;

Task<void> Nap(Loop& loop, Duration delay) { co_await Sleep(loop, delay); }

Task<void> Mark(Gate& gate, bool& drained) {
  co_await gate.Drained();
  drained = true;
}

TEST(Gate, CountsWhatRuns) {
  SimLoop loop;
  Gate gate(loop);
  Spawn(Nap(loop, milliseconds(1)), gate);
  Spawn(Nap(loop, milliseconds(2)), gate);
  EXPECT_EQ(gate.running(), 2u);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(gate.running(), 1u);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(gate.running(), 0u);
}

TEST(Gate, DrainedEndsWhenTheLastOneDoes) {
  SimLoop loop;
  Gate outer(loop);
  Gate gate(loop);
  bool at_once = false;
  Spawn(Mark(gate, at_once), outer);
  EXPECT_TRUE(at_once);
  bool drained = false;
  Spawn(Nap(loop, milliseconds(1)), gate);
  Spawn(Nap(loop, milliseconds(3)), gate);
  Spawn(Mark(gate, drained), outer);
  loop.RunFor(milliseconds(2));
  EXPECT_FALSE(drained);
  loop.RunFor(milliseconds(1));
  EXPECT_TRUE(drained);
}

TEST(Gate, DrainedWaitsOnIfAnotherStartsMeanwhile) {
  SimLoop loop;
  Gate outer(loop);
  Gate gate(loop);
  bool drained = false;
  gate.Enter();
  Spawn(Mark(gate, drained), outer);
  gate.Leave();  // the wake-up is queued
  gate.Enter();
  loop.RunFor(milliseconds(1));
  EXPECT_FALSE(drained);
  gate.Leave();
  loop.RunFor(milliseconds(1));
  EXPECT_TRUE(drained);
}

TEST(Gate, OnDrainedMayDestroyTheGate) {
  SimLoop loop;
  auto gate = std::make_unique<Gate>(loop);
  Spawn(Nap(loop, milliseconds(1)), *gate);
  gate->OnDrained([&] { gate.reset(); });
  EXPECT_NE(gate, nullptr);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(gate, nullptr);
}

TEST(Gate, OnDrainedOfAnEmptyGateRunsInALaterStep) {
  SimLoop loop;
  Gate gate(loop);
  int ran = 0;
  gate.OnDrained([&] { ++ran; });
  EXPECT_EQ(ran, 0);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(ran, 1);
  Spawn(Nap(loop, milliseconds(1)), gate);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(ran, 1);
}

struct Flag {
  explicit Flag(bool& gone) : gone_(gone) {}
  Flag(const Flag&) = delete;
  ~Flag() { gone_ = true; }
  bool& gone_;
};

Task<void> Keep(Loop& loop, std::unique_ptr<Flag> flag) {
  const std::unique_ptr<Flag> kept = std::move(flag);
  co_await Sleep(loop, milliseconds(1));
}

TEST(Gate, TheFrameIsGoneBeforeTheTaskIsCountedOut) {
  SimLoop loop;
  Gate gate(loop);
  bool gone = false;
  Spawn(Keep(loop, std::make_unique<Flag>(gone)), gate);
  gate.OnDrained([&] { EXPECT_TRUE(gone); });
  loop.RunFor(milliseconds(2));
  EXPECT_TRUE(gone);
}

TEST(GateDeathTest, EndingWithATaskRunningIsABug) {
  EXPECT_DEATH(
      {
        SimLoop loop;
        Gate gate(loop);
        gate.Enter();
      },
      "running_ == 0");
}

}  // namespace
}  // namespace fairway::rt
