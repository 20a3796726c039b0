#include "rt/job_queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "rt/inline_budget.h"

namespace fairway::rt {
namespace {

class Call final : public Job {
 public:
  explicit Call(std::function<void()> what) : what_(std::move(what)) {}
  void Run() override { what_(); }

 private:
  std::function<void()> what_;
};

TEST(JobQueue, RunsInOrderAlsoWhatIsAddedMeanwhile) {
  JobQueue queue;
  std::vector<int> order;
  Call third([&] { order.push_back(3); });
  Call first([&] {
    order.push_back(1);
    queue.Push(third);
  });
  Call second([&] { order.push_back(2); });
  queue.Push(first);
  queue.Push(second);
  EXPECT_TRUE(first.queued());
  queue.RunAll();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(first.queued());
}

TEST(JobQueue, ADestroyedOrUnlinkedJobIsForgotten) {
  JobQueue queue;
  int ran = 0;
  Call keep([&] { ++ran; });
  Call drop([&] { ran += 100; });
  auto gone = std::make_unique<Call>([&] { ran += 1000; });
  queue.Push(drop);
  queue.Push(*gone);
  queue.Push(keep);
  gone.reset();
  drop.Unlink();
  drop.Unlink();
  queue.RunAll();
  EXPECT_EQ(ran, 1);
}

TEST(JobQueue, AJobMayDestroyTheNextOneAndItself) {
  JobQueue queue;
  auto second = std::make_unique<Call>([] { FAIL(); });
  auto first = std::make_unique<Call>([&] { second.reset(); });
  queue.Push(*first);
  queue.Push(*second);
  queue.RunAll();
  std::unique_ptr<Call> self;
  self = std::make_unique<Call>([&] { self.reset(); });
  queue.Push(*self);
  queue.RunAll();
  EXPECT_EQ(self, nullptr);
}

TEST(JobQueue, AppendKeepsTheOrderOfBoth) {
  JobQueue a;
  JobQueue b;
  std::vector<int> order;
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 4; ++i)
    calls.push_back(std::make_unique<Call>([&, i] { order.push_back(i); }));
  a.Push(*calls[0]);
  a.Push(*calls[1]);
  b.Push(*calls[2]);
  b.Push(*calls[3]);
  a.Append(b);
  EXPECT_TRUE(b.empty());
  a.Append(b);
  a.RunAll();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(JobQueue, DestroyingTheQueueFreesItsJobs) {
  Call job([] { FAIL(); });
  {
    JobQueue queue;
    queue.Push(job);
  }
  EXPECT_FALSE(job.queued());
}

TEST(JobQueue, EveryJobHasAFreshInlineBudget) {
  JobQueue queue;
  int taken = 0;
  Call greedy([&] {
    while (TakeInlineBudget()) ++taken;
  });
  Call next([&] { EXPECT_TRUE(TakeInlineBudget()); });
  queue.Push(greedy);
  queue.Push(next);
  queue.RunAll();
  EXPECT_EQ(taken, kInlineBudget);
}

}  // namespace
}  // namespace fairway::rt
