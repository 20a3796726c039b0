#include "rt/offload_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "base/worker.h"

namespace fairway::rt {
namespace {

TEST(OffloadPool, RunsEverythingOnItsThreads) {
  std::atomic<int> ran{0};
  OffloadPool pool({.threads = 2, .max_queued = 100});
  for (int i = 0; i < 100; ++i) {
    while (!pool.Submit([&] {
                  EXPECT_GE(base::this_worker, base::kMaxWorkers - 2);
                  ++ran;
                })
                .ok()) {
    }
  }
  while (ran < 100) std::this_thread::yield();
}

TEST(OffloadPool, RefusesAboveItsLimitAndDropsWhatWaitsAtTheEnd) {
  std::atomic<bool> started{false};
  std::atomic<bool> release{false};
  const auto token = std::make_shared<int>(0);
  {
    OffloadPool pool({.threads = 1, .max_queued = 2});
    ASSERT_TRUE(pool.Submit([&] {
                      started = true;
                      while (!release) std::this_thread::yield();
                    })
                    .ok());
    while (!started) std::this_thread::yield();
    EXPECT_TRUE(pool.Submit([token] {}).ok());
    EXPECT_TRUE(pool.Submit([token] {}).ok());
    EXPECT_EQ(pool.Submit([token] {}).code(), base::Code::kExhausted);
    EXPECT_EQ(token.use_count(), 3);
    release = true;
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace fairway::rt
