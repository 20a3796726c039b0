#include "base/rng.h"

#include <gtest/gtest.h>

namespace fairway::base {
namespace {

TEST(Rng, RepeatsFromItsSeed) {
  Rng a(7);
  Rng b(7);
  Rng c(8);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(a.Next(), c.Next());
}

TEST(Rng, BelowReachesEveryValueEvenly) {
  Rng rng(1);
  int counts[5] = {};
  for (int i = 0; i < 50'000; ++i) ++counts[rng.Below(5)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 600);
}

}  // namespace
}  // namespace fairway::base
