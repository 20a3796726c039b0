#include <gtest/gtest.h>

#include <array>
#include <set>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(RandomPicker, EveryoneIsFirstEquallyOftenWhateverTheScores) {
  const auto picker = MakeOne<sched::Picker>("random-picker");
  const Field field(4);
  const std::vector<float> totals = {0, 1, 100, 3};
  base::Rng rng(5);
  std::array<int, 4> first{};
  std::array<uint32_t, 24> order;
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 4u);
    ++first[order[0]];
  }
  for (const int count : first) EXPECT_NEAR(count, 10'000, 450);
}

TEST(RandomPicker, ListsEachOnceAndNotMoreThanAsked) {
  const auto picker = MakeOne<sched::Picker>("random-picker", "maxNumOfEndpoints: 3");
  const Field field(50);
  const std::vector<float> totals(50);
  base::Rng rng(5);
  std::array<uint32_t, 24> order;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 3u);
    EXPECT_EQ((std::set<uint32_t>{order[0], order[1], order[2]}.size()), 3u);
  }
}

}  // namespace
}  // namespace fairway::plugins
