#include "rt/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rt/event.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;

Task<int> Immediately(int value) { co_return value; }

Task<int> After(Loop& loop, Duration delay, int value) {
  co_await Sleep(loop, delay);
  co_return value;
}

Task<void> Into(Task<int> task, int& out) { out = co_await std::move(task); }

TEST(Task, IsLazy) {
  SimLoop loop;
  Gate gate(loop);
  bool started = false;
  const auto mark = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  Task<void> task = mark(started);
  EXPECT_FALSE(started);
  Spawn(std::move(task), gate);
  EXPECT_TRUE(started);
}

TEST(Task, ReturnsItsValueAtOnceOrLater) {
  SimLoop loop;
  Gate gate(loop);
  int now = 0;
  int later = 0;
  Spawn(Into(Immediately(7), now), gate);
  EXPECT_EQ(now, 7);
  Spawn(Into(After(loop, milliseconds(5), 8), later), gate);
  EXPECT_EQ(later, 0);
  loop.RunFor(milliseconds(5));
  EXPECT_EQ(later, 8);
}

Task<std::unique_ptr<std::string>> MoveOnly() { co_return std::make_unique<std::string>("x"); }

Task<void> TakeMoveOnly(std::string& out) { out = *co_await MoveOnly(); }

TEST(Task, CarriesMoveOnlyValues) {
  SimLoop loop;
  Gate gate(loop);
  std::string out;
  Spawn(TakeMoveOnly(out), gate);
  EXPECT_EQ(out, "x");
}

Task<base::Result<int>> Half(int x) {
  if (x % 2 != 0) co_return base::Status(base::Code::kInvalid, "odd");
  co_return x / 2;
}

Task<base::Result<int>> Quarter(int x) {
  // Awaited outside: g++ 12 fails on a co_await within TRY_CO's statement expression.
  base::Result<int> halved = co_await Half(x);
  const int half = TRY_CO(std::move(halved));
  co_return co_await Half(half);
}

Task<void> Ask(int x, base::Result<int>& out) { out = co_await Quarter(x); }

TEST(Task, TryWorksInside) {
  SimLoop loop;
  Gate gate(loop);
  base::Result<int> out = 0;
  Spawn(Ask(8, out), gate);
  EXPECT_EQ(*out, 2);
  Spawn(Ask(3, out), gate);
  EXPECT_EQ(out.status().code(), base::Code::kInvalid);
}

// g++ 12 turns symmetric transfer into real calls at -O0, -O1 and under ASan: this would overflow.
Task<void> SumMany(int count, int64_t& sum) {
  for (int i = 0; i < count; ++i) sum += co_await Immediately(i);
}

TEST(Task, AMillionAwaitsThatCompleteAtOnceUseNoStack) {
  SimLoop loop;
  Gate gate(loop);
  int64_t sum = 0;
  Spawn(SumMany(1'000'000, sum), gate);
  EXPECT_EQ(sum, 499'999'500'000);
}

Task<void> SleepMany(Loop& loop, int count, int& done) {
  for (int i = 0; i < count; ++i) done += co_await After(loop, Duration(1), 1);
}

TEST(Task, ManyAwaitsThatSuspendUseNoStack) {
  SimLoop loop;
  Gate gate(loop);
  int done = 0;
  Spawn(SleepMany(loop, 200'000, done), gate);
  loop.RunUntilIdle(std::chrono::seconds(1));
  EXPECT_EQ(done, 200'000);
}

Task<int> Deep(Loop& loop, int depth) {
  if (depth == 0) {
    co_await Sleep(loop, milliseconds(1));
    co_return 0;
  }
  co_return 1 + co_await Deep(loop, depth - 1);
}

TEST(Task, NestedTasksUnwind) {
  SimLoop loop;
  Gate gate(loop);
  int depth = 0;
  Spawn(Into(Deep(loop, 500), depth), gate);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(depth, 500);
}

struct Counted {
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  ~Counted() { --*alive_; }
  int* alive_;
};

Task<void> Hold(Loop& loop, Counted) { co_await Sleep(loop, milliseconds(1)); }

TEST(Task, DestroyingOneThatNeverRanOrIsMovedFromIsSafe) {
  SimLoop loop;
  int alive = 0;
  {
    Task<void> never = Hold(loop, Counted(alive));
    EXPECT_EQ(alive, 1);
    Task<void> moved = std::move(never);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

Task<void> StopsHalfWay(Loop& loop, Event& event, Counted, bool& ended) {
  co_await Sleep(loop, milliseconds(1));
  co_await event.Wait();
  ended = true;
}

// Resumes a task by hand, to own a suspended frame.
struct Holder {
  struct promise_type {
    Holder get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> frame;
};

Holder Own(Task<void> task) { co_await std::move(task); }

TEST(Task, DestroyingASuspendedFrameForgetsWhatItAwaits) {
  SimLoop loop;
  int alive = 0;
  bool ended = false;
  {
    Event event(loop);
    Holder sleeping = Own(StopsHalfWay(loop, event, Counted(alive), ended));
    sleeping.frame.destroy();
    EXPECT_EQ(alive, 0);

    Holder waiting = Own(StopsHalfWay(loop, event, Counted(alive), ended));
    loop.RunFor(milliseconds(2));
    event.Set();  // its wake-up is queued and must be forgotten too
    waiting.frame.destroy();
    EXPECT_EQ(alive, 0);
  }
  EXPECT_TRUE(loop.RunUntilIdle(milliseconds(5)));
  EXPECT_FALSE(ended);
}

TEST(TaskDeathTest, AnExceptionAborts) {
  const auto thrower = []() -> Task<void> {
    std::vector<int>().at(1);
    co_return;
  };
  EXPECT_DEATH(
      {
        SimLoop loop;
        Gate gate(loop);
        Spawn(thrower(), gate);
      },
      "an exception reached a Task");
}

}  // namespace
}  // namespace fairway::rt
