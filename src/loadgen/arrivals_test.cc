#include "loadgen/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

TEST(ArrivalTimes, AConstantRateIsEvenlySpaced) {
  ArrivalTimes times({.arrivals = Arrivals::kConstant, .rate = 4});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(times.Next(), i * 250ms);
}

TEST(ArrivalTimes, PoissonGapsAreExponential) {
  ArrivalTimes times({.arrivals = Arrivals::kPoisson, .rate = 50, .seed = 3});
  constexpr int kCount = 20'000;
  base::Duration last{};
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const base::Duration at = *times.Next();
    ASSERT_GE(at, last);
    squares += std::pow(base::Seconds(at - last), 2);
    last = at;
  }
  EXPECT_NEAR(base::Seconds(last), kCount / 50.0, kCount / 50.0 * 0.02);
  // Of an exponential gap with mean m the mean square is 2 m^2; of a constant one it is m^2.
  EXPECT_NEAR(squares / kCount, 2 / (50.0 * 50.0), 0.05 * 2 / (50.0 * 50.0));
}

TEST(ArrivalTimes, ASeedRepeats) {
  const LoadOptions options{.arrivals = Arrivals::kPoisson, .seed = 9};
  ArrivalTimes one(options);
  ArrivalTimes two(options);
  ArrivalTimes other({.arrivals = Arrivals::kPoisson, .seed = 10});
  for (int i = 0; i < 10; ++i) {
    const auto at = one.Next();
    EXPECT_EQ(at, two.Next());
    EXPECT_NE(at, other.Next());
  }
}

TEST(ArrivalTimes, ATraceIsReplayedAtItsSpeed) {
  Trace trace;
  trace.requests = {{.at = 0s}, {.at = 3s}, {.at = 3s}, {.at = 10s}};
  ArrivalTimes times({.arrivals = Arrivals::kTrace,
                      .speed = 2,
                      .trace = std::make_shared<const Trace>(std::move(trace))});
  EXPECT_EQ(times.Next(), 0s);
  EXPECT_EQ(times.Next(), 1500ms);
  EXPECT_EQ(times.Next(), 1500ms);
  EXPECT_EQ(times.Next(), 5s);
  EXPECT_EQ(times.Next(), std::nullopt);
}

}  // namespace
}  // namespace fairway::loadgen
