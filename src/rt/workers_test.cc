#include "rt/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/worker.h"

namespace fairway::rt {
namespace {

struct OnItsThread {
  OnItsThread(std::atomic<int>& alive_in, size_t worker_in) : alive(alive_in), worker(worker_in) {
    ++alive;
  }
  ~OnItsThread() {
    EXPECT_EQ(base::this_worker, worker);
    --alive;
  }
  std::atomic<int>& alive;
  size_t worker;
};

TEST(Workers, EachHasItsThreadItsNumberAndItsOwnThings) {
  std::atomic<int> alive{0};
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<size_t> numbers;
  {
    Workers workers(3, {}, [&](size_t worker, EpollLoop&) {
      EXPECT_EQ(base::this_worker, worker);
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      numbers.insert(worker);
      return std::make_shared<OnItsThread>(alive, worker);
    });
    EXPECT_EQ(alive, 3);  // the constructor waits for every setup
    EXPECT_EQ(workers.count(), 3u);
    EXPECT_EQ(base::this_worker, 0u);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_EQ(numbers, (std::set<size_t>{1, 2, 3}));
}

TEST(Workers, PostsReachTheWorkerTheyName) {
  constexpr int kEach = 2'000;
  std::atomic<int> ran{0};
  base::PerWorkerSum sum;
  Workers workers(2, {}, [](size_t, EpollLoop&) { return nullptr; });
  for (int i = 0; i < kEach; ++i) {
    for (size_t w = 1; w <= workers.count(); ++w) {
      workers.loop(w).Post([&, w] {
        EXPECT_EQ(base::this_worker, w);
        sum.Add(1);
        ++ran;
      });
    }
  }
  while (ran < 2 * kEach) std::this_thread::yield();
  workers.Stop();
  EXPECT_EQ(sum.Read(), 2 * kEach);
}

TEST(Workers, PostToEachOther) {
  std::atomic<int> hops{0};
  Workers workers(2, {}, [](size_t, EpollLoop&) { return nullptr; });
  std::function<void(size_t)> hop = [&](size_t at) {
    if (++hops < 1000) workers.loop(3 - at).Post([&hop, at] { hop(3 - at); });
  };
  workers.loop(1).Post([&] { hop(1); });
  while (hops < 1000) std::this_thread::yield();
}

}  // namespace
}  // namespace fairway::rt
