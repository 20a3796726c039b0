#include "rt/epoll_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "rt/offload_pool.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(EpollLoop, PostsFromManyThreadsAllRunOnTheLoop) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  EpollLoop loop;
  const std::thread::id here = std::this_thread::get_id();
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        loop.Post([&] {
          ASSERT_EQ(std::this_thread::get_id(), here);
          if (++ran == kThreads * kEach) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  EXPECT_EQ(ran, kThreads * kEach);
  for (std::thread& thread : threads) thread.join();
}

TEST(EpollLoop, APostWakesASleepingLoop) {
  EpollLoop loop;
  std::thread poster([&] {
    std::this_thread::sleep_for(milliseconds(20));
    loop.Stop();
  });
  const auto begin = steady_clock::now();
  loop.Run();
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
  poster.join();
}

TEST(EpollLoop, AStopBeforeRunIsNotLostAndRunCanRunAgain) {
  EpollLoop loop;
  loop.Stop();
  loop.Run();
  loop.Stop();
  loop.Run();
}

TEST(EpollLoop, NowFollowsTheClockBetweenTurns) {
  EpollLoop loop;
  const TimePoint before = loop.Now();
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(loop.Now(), before);
  EXPECT_FALSE(loop.RunUntil([] { return false; }, milliseconds(1)));
  EXPECT_GE(loop.Now(), before + milliseconds(6));
}

TEST(EpollLoop, ShortTimersAreFinerThanAMillisecond) {
  EpollLoop loop;
  int ticks = 0;
  Timer tick([&] {
    if (++ticks < 20) loop.Start(tick, std::chrono::microseconds(200));
  });
  const auto begin = steady_clock::now();
  loop.Start(tick, std::chrono::microseconds(200));
  EXPECT_TRUE(loop.RunUntil([&] { return ticks == 20; }, seconds(5)));
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(4));
  EXPECT_LT(took, milliseconds(400));  // generous: the machine may be busy
}

class Counter final : public FdWatcher {
 public:
  void OnEvents(uint32_t events) override {
    ++calls;
    last = events;
  }
  int calls = 0;
  uint32_t last = 0;
};

TEST(EpollLoop, WatchReportsEdges) {
  EpollLoop loop;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  Counter counter;
  ASSERT_TRUE(loop.Watch(ends[0], EPOLLIN | EPOLLRDHUP, counter).ok());
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_TRUE(loop.RunUntil([&] { return counter.calls == 1; }, seconds(5)));
  EXPECT_FALSE(loop.RunUntil([&] { return counter.calls > 1; }, milliseconds(5)));
  ::close(ends[1]);
  EXPECT_TRUE(loop.RunUntil([&] { return counter.calls == 2; }, seconds(5)));
  EXPECT_NE(counter.last & EPOLLRDHUP, 0u);
  ::close(ends[0]);
}

TEST(EpollLoop, OffloadedWorkRunsOnThePoolAndItsEndOnTheLoop) {
  OffloadPool pool({.threads = 1, .max_queued = 4});
  EpollLoop loop({.offload = &pool});
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id there;
  bool done = false;
  ASSERT_TRUE(loop.Offload([&] { there = std::this_thread::get_id(); },
                           [&] {
                             EXPECT_EQ(std::this_thread::get_id(), here);
                             done = true;
                           })
                  .ok());
  EXPECT_TRUE(loop.RunUntil([&] { return done; }, seconds(5)));
  EXPECT_NE(there, here);
}

TEST(EpollLoop, OffloadAtTheLimitRunsNeither) {
  OffloadPool pool({.threads = 1, .max_queued = 1});
  EpollLoop loop({.offload = &pool});
  std::atomic<bool> started{false};
  std::atomic<bool> release{false};
  int done = 0;
  const auto block = [&] {
    started = true;
    while (!release) std::this_thread::yield();
  };
  ASSERT_TRUE(loop.Offload(block, [&] { ++done; }).ok());
  while (!started) std::this_thread::yield();
  ASSERT_TRUE(loop.Offload([] {}, [&] { ++done; }).ok());
  EXPECT_EQ(loop.Offload([] { FAIL(); }, [] { FAIL(); }).code(), base::Code::kExhausted);
  release = true;
  EXPECT_TRUE(loop.RunUntil([&] { return done == 2; }, seconds(5)));
}

TEST(EpollLoop, WhatIsStillOffloadedWhenTheLoopEndsIsDropped) {
  OffloadPool pool({.threads = 1, .max_queued = 4});
  std::atomic<bool> release{false};
  std::atomic<bool> finished{false};
  {
    EpollLoop loop({.offload = &pool});
    ASSERT_TRUE(loop.Offload(
                        [&] {
                          while (!release) std::this_thread::yield();
                          finished = true;
                        },
                        [] { FAIL(); })
                    .ok());
  }
  release = true;
  while (!finished) std::this_thread::yield();
}

}  // namespace
}  // namespace fairway::rt
