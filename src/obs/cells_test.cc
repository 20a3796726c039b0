#include "obs/cells.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace fairway::obs {
namespace {

// Runs `body` on as many threads as there are workers, each as a worker of its own.
template <class Body>
void OnEveryWorker(Body body) {
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < base::kMaxWorkers; ++worker) {
    threads.emplace_back([worker, &body] {
      base::this_worker = worker;
      body();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Counter, SumsWhatEveryWorkerAdded) {
  Counter counter;
  OnEveryWorker([&] {
    for (int i = 0; i < 1000; ++i) counter.Add();
    counter.Add(5);
  });
  EXPECT_EQ(counter.Read(), static_cast<int64_t>(base::kMaxWorkers) * 1005);
}

TEST(Gauge, ReturnsToZeroWhenAnotherWorkerTakesAway) {
  Gauge gauge;
  gauge.Add(3);
  std::thread([&] {
    base::this_worker = 7;
    gauge.Sub(3);
  }).join();
  EXPECT_EQ(gauge.Read(), 0);
}

TEST(Histogram, PutsAValueIntoTheBucketThatEndsAtIt) {
  const double bounds[] = {1, 2, 4};
  Histogram histogram(bounds);
  for (const double value : {0.5, 1.0, 1.5, 2.0, 4.0, 4.1, 100.0}) histogram.Observe(value);
  const Histogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.counts, (std::vector<int64_t>{2, 2, 1, 2}));
  EXPECT_EQ(reading.count, 7);
  EXPECT_DOUBLE_EQ(reading.sum, 113.1);
}

TEST(Histogram, LeavesNaNOutAndTakesInfinity) {
  const double bounds[] = {1};
  Histogram histogram(bounds);
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.Read().count, 0);
  EXPECT_EQ(histogram.Read().sum, 0);
  histogram.Observe(-5);
  histogram.Observe(std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.Read().counts, (std::vector<int64_t>{1, 1}));
}

TEST(Histogram, IsSummedWhileWorkersMoveIt) {
  const double bounds[] = {0.001, 0.01, 0.1};
  Histogram histogram(bounds);
  std::thread reader([&] {
    int64_t last = 0;
    for (int i = 0; i < 200; ++i) {
      const int64_t count = histogram.Read().count;
      EXPECT_GE(count, last);
      last = count;
    }
  });
  OnEveryWorker([&] {
    for (int i = 0; i < 500; ++i) histogram.Observe(i % 2 == 0 ? 0.005 : 5);
  });
  reader.join();
  const Histogram::Reading reading = histogram.Read();
  const auto half = static_cast<int64_t>(base::kMaxWorkers) * 250;
  EXPECT_EQ(reading.counts, (std::vector<int64_t>{0, half, 0, half}));
}

TEST(HistogramDeathTest, RefusesBoundsThatDoNotGrow) {
  const double bounds[] = {1, 1};
  EXPECT_DEATH(Histogram{bounds}, "CHECK");
}

}  // namespace
}  // namespace fairway::obs
