#include "sources/scrape_pace.h"

#include <gtest/gtest.h>

#include <deque>

namespace fairway::sources {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Costs that make sums easy: 1 ms a scrape and nothing for bytes, 2 % of a core.
PaceOptions Options() {
  return {.budget_cores = 0.02,
          .cost_of_exchange = milliseconds(1),
          .cost_of_mebibyte = microseconds(0)};
}

TEST(ScrapePace, BacksOffWhileIdleAndReturnsAtOnce) {
  const PaceOptions options = Options();
  ScrapeBudget budget(1.0);
  ScrapePace pace(options, budget);
  EXPECT_EQ(pace.Interval(), milliseconds(200));
  for (const int ms : {400, 800, 1600, 3200, 5000, 5000}) {
    pace.Succeeded(0, Activity::kIdle);
    EXPECT_EQ(pace.Interval(), milliseconds(ms));
  }
  EXPECT_EQ(pace.IntervalIfBusy(), milliseconds(200));
  pace.Succeeded(0, Activity::kBusy);
  EXPECT_EQ(pace.Interval(), milliseconds(200));
}

TEST(ScrapePace, AsksAFailingEndpointSeldomEvenIfBusy) {
  const PaceOptions options = Options();
  ScrapeBudget budget(1.0);
  ScrapePace pace(options, budget);
  for (const int ms : {1000, 2000, 4000, 5000}) {
    pace.Failed();
    EXPECT_TRUE(pace.failing());
    EXPECT_EQ(pace.Interval(), milliseconds(ms));
    EXPECT_EQ(pace.IntervalIfBusy(), milliseconds(ms));
  }
  pace.Succeeded(0, Activity::kBusy);
  EXPECT_FALSE(pace.failing());
  EXPECT_EQ(pace.Interval(), milliseconds(200));
}

TEST(ScrapePace, LimitsAScrapeAndDatesItsFigures) {
  const PaceOptions options = Options();
  ScrapeBudget budget(1.0);
  ScrapePace pace(options, budget);
  EXPECT_EQ(pace.Timeout(), milliseconds(500));
  EXPECT_EQ(pace.StaleAfter(), seconds(2));
  for (int i = 0; i < 2; ++i) pace.Succeeded(0, Activity::kIdle);
  EXPECT_EQ(pace.Timeout(), milliseconds(1600));
  EXPECT_EQ(pace.StaleAfter(), milliseconds(2400));
  for (int i = 0; i < 5; ++i) pace.Succeeded(0, Activity::kIdle);
  EXPECT_EQ(pace.Timeout(), seconds(2));
  EXPECT_EQ(pace.StaleAfter(), seconds(15));
}

TEST(ScrapePace, StretchesAllSoThatTheirSumFitsTheBudget) {
  const PaceOptions options = Options();
  ScrapeBudget budget(options.budget_cores);
  std::deque<ScrapePace> paces;
  // One busy endpoint takes 1 ms / 200 ms = 0.5 % of a core: four fit into 2 %.
  for (int i = 0; i < 4; ++i) paces.emplace_back(options, budget);
  EXPECT_NEAR(budget.demand(), 0.02, 1e-9);
  EXPECT_EQ(paces[0].Interval(), milliseconds(200));
  for (int i = 0; i < 36; ++i) paces.emplace_back(options, budget);
  EXPECT_NEAR(budget.Stretch(), 10, 1e-9);
  EXPECT_NEAR(base::Seconds(paces[0].Interval()), 2.0, 1e-6);
  EXPECT_NEAR(base::Seconds(paces[0].StaleAfter()), 6.0, 1e-6);
  double spent = 0;
  for (const ScrapePace& pace : paces) spent += 1e-3 / base::Seconds(pace.Interval());
  EXPECT_NEAR(spent, options.budget_cores, 1e-6);

  while (paces.size() > 4) paces.pop_back();
  EXPECT_EQ(paces[0].Interval(), milliseconds(200));
  paces.clear();
  EXPECT_NEAR(budget.demand(), 0, 1e-9);
}

TEST(ScrapePace, ChargesForBytes) {
  PaceOptions options = Options();
  options.cost_of_mebibyte = milliseconds(16);
  ScrapeBudget budget(1.0);
  ScrapePace pace(options, budget);
  pace.Succeeded(64 * 1024, Activity::kBusy);  // 1 ms and a sixteenth of 16 ms
  EXPECT_NEAR(budget.demand(), 0.01, 1e-9);
}

}  // namespace
}  // namespace fairway::sources
