#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

std::vector<uint32_t> Order(const sched::Picker& picker, const std::vector<float>& totals,
                            base::Rng& rng, size_t room = 24) {
  const Field field(static_cast<uint32_t>(totals.size()));
  std::vector<uint32_t> order(room);
  order.resize(picker.Order(field.request, field.candidates, totals, rng, order));
  return order;
}

TEST(MaxScorePicker, BestFirst) {
  const auto picker = MakeOne<sched::Picker>("max-score-picker");
  base::Rng rng(1);
  EXPECT_EQ(Order(*picker, {0.5f, 9, 0, 3.25f}, rng), (std::vector<uint32_t>{1, 3, 0, 2}));
  EXPECT_TRUE(Order(*picker, {}, rng).empty());
  EXPECT_TRUE(Order(*picker, {1, 2}, rng, 0).empty());
}

TEST(MaxScorePicker, EqualsStandInEveryOrderEquallyOften) {
  const auto picker = MakeOne<sched::Picker>("max-score-picker");
  base::Rng rng(7);
  std::array<std::array<int, 4>, 4> counts{};  // [candidate][place]
  for (int i = 0; i < 40'000; ++i) {
    const std::vector<uint32_t> order = Order(*picker, {1, 5, 1, 1, 1}, rng);
    ASSERT_EQ(order[0], 1u);
    for (size_t place = 0; place < 4; ++place) {
      const uint32_t candidate = order[place + 1];
      ++counts[candidate == 0 ? 0 : candidate - 1][place];
    }
  }
  for (const auto& places : counts) {
    for (const int count : places) EXPECT_NEAR(count, 10'000, 450);
  }
}

TEST(MaxScorePicker, NeighboursWinTiesIndependently) {
  const auto picker = MakeOne<sched::Picker>("max-score-picker");
  base::Rng rng(3);
  int first_before_second = 0;
  int both_orders = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::vector<uint32_t> order = Order(*picker, std::vector<float>(16, 2.0f), rng);
    const auto place = [&](uint32_t c) { return std::find(order.begin(), order.end(), c); };
    first_before_second += place(0) < place(1) ? 1 : 0;
    both_orders += (place(0) < place(1)) == (place(2) < place(3)) ? 1 : 0;
  }
  EXPECT_NEAR(first_before_second, 5000, 250);
  EXPECT_NEAR(both_orders, 5000, 250);
}

TEST(MaxScorePicker, OfManyItOrdersTheTop) {
  const auto picker = MakeOne<sched::Picker>("max-score-picker");
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    base::Rng rng(seed);
    std::vector<float> totals(1 + rng.Below(4096));
    for (float& total : totals) total = static_cast<float>(rng.Below(500)) / 50;
    const std::vector<uint32_t> order = Order(*picker, totals, rng);
    ASSERT_EQ(order.size(), std::min<size_t>(24, totals.size()));
    EXPECT_EQ(std::set<uint32_t>(order.begin(), order.end()).size(), order.size());
    std::vector<float> sorted = totals;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (size_t k = 0; k < order.size(); ++k) EXPECT_EQ(totals[order[k]], sorted[k]);
  }
}

TEST(MaxScorePicker, SameSeedSameOrder) {
  const auto picker = MakeOne<sched::Picker>("max-score-picker");
  base::Rng a(5);
  base::Rng b(5);
  const std::vector<float> totals(100, 1.0f);
  EXPECT_EQ(Order(*picker, totals, a), Order(*picker, totals, b));
  EXPECT_NE(Order(*picker, totals, a), Order(*picker, totals, a));
}

TEST(MaxScorePicker, MaxNumOfEndpoints) {
  base::Rng rng(1);
  EXPECT_EQ(
      Order(*MakeOne<sched::Picker>("max-score-picker", "maxNumOfEndpoints: 2"), {1, 2, 3}, rng),
      (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(
      Order(*MakeOne<sched::Picker>("max-score-picker", "maxNumOfEndpoints: -1"), {1, 2, 3}, rng),
      (std::vector<uint32_t>{2}));
  EXPECT_NE(MakeComplaint("max-score-picker", "maxNumOfEndpoints: many"), "");
}

}  // namespace
}  // namespace fairway::plugins
