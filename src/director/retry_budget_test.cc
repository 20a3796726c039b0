#include "director/retry_budget.h"

#include <gtest/gtest.h>

namespace fairway::director {
namespace {

TEST(RetryBudget, TenAreAlwaysAllowed) {
  RetryBudget budget;
  budget.Begin();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.Take());
  EXPECT_FALSE(budget.Take());
  budget.Give(1);
  EXPECT_TRUE(budget.Take());
}

TEST(RetryBudget, AFifthOfTheActiveOnesWhenThatIsMore) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.Begin();
  int taken = 0;
  while (budget.Take()) ++taken;
  EXPECT_EQ(taken, 20);
  for (int i = 0; i < 100; ++i) budget.End();
  EXPECT_EQ(budget.active(), 0u);
}

}  // namespace
}  // namespace fairway::director
