#include <gtest/gtest.h>

#include <array>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(RoundRobinPicker, TakesTurns) {
  const auto picker = MakeOne<sched::Picker>("round-robin-picker");
  const Field field(3);
  const std::vector<float> totals = {0, 9, 1};
  base::Rng rng(1);
  std::array<uint32_t, 24> order;
  for (uint32_t i = 0; i < 7; ++i) {
    ASSERT_EQ(picker->Order(field.request, field.candidates, totals, rng, order), 3u);
    for (uint32_t k = 0; k < 3; ++k) EXPECT_EQ(order[k], (i + k) % 3);
  }
  EXPECT_EQ(picker->Order(field.request, field.candidates, {}, rng, order), 0u);
}

}  // namespace
}  // namespace fairway::plugins
