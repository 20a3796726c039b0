// What rt/loop.h promises, on both loops.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rt/epoll_loop.h"
#include "rt/inline_budget.h"
#include "rt/sim_loop.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Call final : public Job {
 public:
  explicit Call(std::function<void()> what) : what_(std::move(what)) {}
  void Run() override { what_(); }

 private:
  std::function<void()> what_;
};

template <class LoopType>
class LoopContract : public testing::Test {};

using Loops = testing::Types<EpollLoop, SimLoop>;
TYPED_TEST_SUITE(LoopContract, Loops);

TYPED_TEST(LoopContract, TimersFireInOrderAndNotBeforeTheirTime) {
  TypeParam loop;
  std::vector<int> order;
  const TimePoint start = loop.Now();
  Timer late([&] { order.push_back(2); });
  Timer early([&] {
    EXPECT_GE(loop.Now(), start + milliseconds(2));
    order.push_back(1);
  });
  loop.Start(late, milliseconds(5));
  loop.Start(early, milliseconds(2));
  EXPECT_TRUE(loop.RunUntil([&] { return order.size() == 2; }, seconds(5)));
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_GE(loop.Now(), start + milliseconds(5));
}

TYPED_TEST(LoopContract, TheClockStandsStillWithinATurn) {
  TypeParam loop;
  bool done = false;
  TimePoint first;
  Call second([&] {
    EXPECT_EQ(loop.Now(), first);
    done = true;
  });
  loop.Post([&] {
    first = loop.Now();
    const TimePoint begun = first;
    std::this_thread::sleep_for(milliseconds(2));
    EXPECT_EQ(loop.Now(), begun);
    EXPECT_EQ(loop.WallNow(), loop.WallNow());
    loop.Defer(second);
  });
  EXPECT_TRUE(loop.RunUntil([&] { return done; }, seconds(5)));
}

TYPED_TEST(LoopContract, DeferredJobsRunInThisTurnYieldedOnesInTheNext) {
  TypeParam loop;
  std::vector<std::string> order;
  Call yielded([&] { order.push_back("yielded"); });
  Call deferred([&] { order.push_back("deferred"); });
  loop.Post([&] {
    loop.Yield(yielded);
    loop.Defer(deferred);
    order.push_back("posted");
  });
  EXPECT_TRUE(loop.RunUntil([&] { return order.size() == 3; }, seconds(5)));
  EXPECT_EQ(order, (std::vector<std::string>{"posted", "deferred", "yielded"}));
}

TYPED_TEST(LoopContract, AJobThatYieldsForEverDoesNotStopTimersOrPosts) {
  TypeParam loop;
  int turns = 0;
  bool timer_fired = false;
  bool posted = false;
  Call busy([&] {
    if (++turns < 1000) loop.Yield(busy);
  });
  Timer timer([&] { timer_fired = true; });
  loop.Start(timer, Duration::zero());
  loop.Defer(busy);
  loop.Post([&] { posted = true; });
  EXPECT_TRUE(loop.RunUntil([&] { return timer_fired && posted; }, seconds(5)));
  EXPECT_LT(turns, 1000);
}

TYPED_TEST(LoopContract, PostRunsLaterInOrder) {
  TypeParam loop;
  std::vector<int> order;
  loop.Post([&] {
    order.push_back(1);
    loop.Post([&] { order.push_back(3); });
  });
  loop.Post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(loop.RunUntil([&] { return order.size() == 3; }, seconds(5)));
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TYPED_TEST(LoopContract, PostedFunctionsEndWithTheLoop) {
  auto value = std::make_shared<int>(1);
  {
    TypeParam loop;
    loop.Post([value] { FAIL(); });
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TYPED_TEST(LoopContract, LiteralsResolveToThemselvesInALaterTurn) {
  TypeParam loop;
  std::vector<std::string> answers;
  const auto note = [&](base::Result<std::vector<std::string>> result) {
    ASSERT_TRUE(result.ok());
    answers.push_back(result->at(0));
  };
  loop.Resolve("10.0.0.1", note);
  loop.Resolve("::1", note);
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(loop.RunUntil([&] { return answers.size() == 2; }, seconds(5)));
  EXPECT_EQ(answers, (std::vector<std::string>{"10.0.0.1", "::1"}));
}

TYPED_TEST(LoopContract, LocalhostResolvesAndNonsenseDoesNot) {
  TypeParam loop;
  int answered = 0;
  loop.Resolve("localhost", [&](auto result) {
    ++answered;
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_TRUE(result->front() == "127.0.0.1" || result->front() == "::1") << result->front();
  });
  loop.Resolve("no such host.invalid", [&](auto result) {
    ++answered;
    EXPECT_FALSE(result.ok());
  });
  EXPECT_TRUE(loop.RunUntil([&] { return answered == 2; }, seconds(30)));
}

TYPED_TEST(LoopContract, OffloadRunsTheWorkAndThenTheRestOnTheLoop) {
  TypeParam loop;
  std::vector<std::string> order;
  EXPECT_TRUE(
      loop.Offload([&] { order.push_back("work"); }, [&] { order.push_back("done"); }).ok());
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(loop.RunUntil([&] { return order.size() == 2; }, seconds(5)));
  EXPECT_EQ(order, (std::vector<std::string>{"work", "done"}));
}

TYPED_TEST(LoopContract, TimerCallbacksAndPostsHaveAFreshInlineBudget) {
  TypeParam loop;
  int seen = 0;
  const auto drain = [&] {
    int taken = 0;
    while (TakeInlineBudget()) ++taken;
    EXPECT_EQ(taken, kInlineBudget);
    ++seen;
  };
  Timer timer(drain);
  loop.Start(timer, Duration::zero());
  loop.Post(drain);
  EXPECT_TRUE(loop.RunUntil([&] { return seen == 2; }, seconds(5)));
}

}  // namespace
}  // namespace fairway::rt
