#include <gtest/gtest.h>

#include <array>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(WeightedRandomPicker, FirstInProportionToTheTotal) {
  const auto picker = MakeOne<sched::Picker>("weighted-random-picker");
  const Field field(4);
  const std::vector<float> totals = {1, 2, 0, 5};
  base::Rng rng(11);
  std::array<int, 4> first{};
  std::array<int, 4> second_after_last{};
  std::array<uint32_t, 24> order;
  for (int i = 0; i < 80'000; ++i) {
    ASSERT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 4u);
    ++first[order[0]];
    if (order[0] == 3) ++second_after_last[order[1]];
    EXPECT_EQ(order[3], 2u);  // a total of 0 comes last
  }
  EXPECT_NEAR(first[0], 10'000, 500);
  EXPECT_NEAR(first[1], 20'000, 600);
  EXPECT_EQ(first[2], 0);
  EXPECT_NEAR(first[3], 50'000, 800);
  // Without the one that was drawn, the rest is in proportion again.
  EXPECT_NEAR(second_after_last[1], 2 * second_after_last[0], 1'000);
}

TEST(WeightedRandomPicker, WithoutAnyScoreAtRandom) {
  const auto picker = MakeOne<sched::Picker>("weighted-random-picker");
  const Field field(3);
  const std::vector<float> totals(3);
  base::Rng rng(2);
  std::array<int, 3> first{};
  std::array<uint32_t, 24> order;
  for (int i = 0; i < 30'000; ++i) {
    ASSERT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 3u);
    ++first[order[0]];
  }
  for (const int count : first) EXPECT_NEAR(count, 10'000, 450);
}

TEST(WeightedRandomPicker, MaxNumOfEndpoints) {
  const auto picker = MakeOne<sched::Picker>("weighted-random-picker", "maxNumOfEndpoints: -1");
  const Field field(3);
  const std::vector<float> totals = {1, 1, 1};
  base::Rng rng(2);
  std::array<uint32_t, 24> order;
  EXPECT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 1u);
}

}  // namespace
}  // namespace fairway::plugins
