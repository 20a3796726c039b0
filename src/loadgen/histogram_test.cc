#include "loadgen/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/rng.h"

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0ns);
  EXPECT_EQ(histogram.Mean(), 0ns);
  EXPECT_EQ(histogram.min(), 0ns);
}

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.Add(base::Duration(i));
  EXPECT_EQ(histogram.Percentile(0.5), 100ns);
  EXPECT_EQ(histogram.Percentile(0.005), 1ns);
  EXPECT_EQ(histogram.Percentile(0), 1ns);
  EXPECT_EQ(histogram.Percentile(1), 200ns);
  EXPECT_EQ(histogram.count(), 200u);
}

TEST(Histogram, OneValueIsEveryPercentile) {
  Histogram histogram;
  histogram.Add(123'456'789ns);
  for (const double share : {0.0, 0.5, 0.99, 1.0}) {
    EXPECT_EQ(histogram.Percentile(share), 123'456'789ns);
  }
}

TEST(Histogram, TakesEveryValue) {
  Histogram histogram;
  histogram.Add(base::Duration(-5));
  histogram.Add(base::Duration::max());
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.Percentile(1), base::Duration::max());
}

// Against sorting, over values from nanoseconds to minutes.
TEST(Histogram, PercentilesAreWithinOnePercent) {
  base::Rng rng(5);
  Histogram histogram;
  std::vector<int64_t> values;
  double sum = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = static_cast<int64_t>(std::exp(rng.Unit() * 25));
    values.push_back(value);
    sum += static_cast<double>(value);
    histogram.Add(base::Duration(value));
  }
  std::ranges::sort(values);
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::ceil(share * 50'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto told = static_cast<double>(histogram.Percentile(share).count());
    EXPECT_GE(told, exact) << share;
    EXPECT_LE(told, exact * 1.008 + 1) << share;
  }
  EXPECT_NEAR(static_cast<double>(histogram.Mean().count()), sum / 50'000, sum / 50'000 * 1e-6 + 1);
}

TEST(Histogram, AddingTwoIsAddingAll) {
  base::Rng rng(6);
  Histogram one;
  Histogram two;
  Histogram all;
  for (int i = 0; i < 1000; ++i) {
    const base::Duration value(rng.Below(1'000'000));
    (i % 3 == 0 ? one : two).Add(value);
    all.Add(value);
  }
  one.Add(two);
  one.Add(Histogram());
  EXPECT_EQ(one.count(), all.count());
  EXPECT_EQ(one.min(), all.min());
  EXPECT_EQ(one.max(), all.max());
  EXPECT_EQ(one.Percentile(0.9), all.Percentile(0.9));
  one.Clear();
  EXPECT_EQ(one.count(), 0u);
  EXPECT_EQ(one.max(), 0ns);
}

}  // namespace
}  // namespace fairway::loadgen
