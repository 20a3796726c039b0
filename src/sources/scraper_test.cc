#include "sources/scraper.h"

#include <gtest/gtest.h>

#include <string>

#include "sources/fake_fleet.h"

namespace fairway::sources {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Stops the scraper while the fleet still stands.
class Scraping {
 public:
  explicit Scraping(FakeFleet& fleet, ScraperOptions options = {})
      : fleet_(fleet), scraper(fleet.pool, fleet.connections, fleet.registry, std::move(options)) {
    scraper.Start();
  }
  ~Scraping() { fleet_.Run(scraper.Stop()); }

 private:
  FakeFleet& fleet_;

 public:
  Scraper scraper;
};

TEST(Scraper, PutsWhatThePageSaysIntoTheColumns) {
  FakeFleet fleet(2);
  fleet.server(0).metrics = MetricsPage(3, 2, 0.25, 100);
  fleet.server(1).metrics = MetricsPage(0, 0, 0, 0);
  EXPECT_FALSE(data::Known(fleet.Load(0).waiting));  // unknown before the first scrape, not zero
  Scraping scraping(fleet);
  fleet.RunFor(seconds(1));
  EXPECT_EQ(fleet.Load(0).running, 3);
  EXPECT_EQ(fleet.Load(0).waiting, 2);
  EXPECT_FLOAT_EQ(fleet.Load(0).kv_usage, 0.25f);
  EXPECT_EQ(fleet.Load(1).running, 0);
  EXPECT_EQ(fleet.server(0).last_path, "/metrics");
}

TEST(Scraper, AsksOftenWhereSomethingMovesAndSeldomElsewhere) {
  FakeFleet fleet(2);
  fleet.server(0).metrics = MetricsPage(1, 0, 0.1, 1);
  fleet.server(1).metrics = MetricsPage(0, 0, 0, 7);
  Scraping scraping(fleet);
  fleet.RunFor(seconds(30));
  fleet.server(0).metrics_asked = 0;
  fleet.server(1).metrics_asked = 0;
  fleet.RunFor(seconds(60));
  EXPECT_NEAR(static_cast<double>(fleet.server(0).metrics_asked), 300, 20);
  EXPECT_NEAR(static_cast<double>(fleet.server(1).metrics_asked), 12, 2);
  EXPECT_TRUE(data::Known(fleet.Load(1).running));  // though seldom, never stale
}

TEST(Scraper, HurriesWhenWeSendSomethingToAnIdleEndpoint) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = MetricsPage(0, 0, 0, 7);
  Scraping scraping(fleet);
  fleet.RunFor(seconds(60));
  const size_t before = fleet.server(0).metrics_asked;
  {
    const data::InFlightHold hold = fleet.pool.in_flight.Acquire(fleet.id(0).slot, 10, 100);
    fleet.RunFor(milliseconds(150));
    EXPECT_EQ(fleet.server(0).metrics_asked, before + 1);
    fleet.RunFor(seconds(2));
    EXPECT_GE(fleet.server(0).metrics_asked, before + 9);
  }
  fleet.RunFor(seconds(30));
  const size_t after = fleet.server(0).metrics_asked;
  fleet.RunFor(seconds(20));
  EXPECT_LE(fleet.server(0).metrics_asked, after + 5);
}

TEST(Scraper, FiguresOfASilentServerBecomeUnknownAndComeBack) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = MetricsPage(2, 1, 0.5, 1);
  Scraping scraping(fleet);
  fleet.RunFor(seconds(2));
  EXPECT_EQ(fleet.Load(0).running, 2);
  fleet.server(0).silent = true;
  fleet.RunFor(seconds(1));
  EXPECT_EQ(fleet.Load(0).running, 2);  // kept while fresh
  fleet.RunFor(seconds(2));
  EXPECT_FALSE(data::Known(fleet.Load(0).running));
  fleet.server(0).silent = false;
  fleet.RunFor(seconds(8));
  EXPECT_EQ(fleet.Load(0).running, 2);
}

TEST(Scraper, AFailingScrapeAloneNeverEjects) {
  FakeFleet fleet(3);
  fleet.server(0).status = 500;
  fleet.server(1).silent = true;
  fleet.server(2).metrics = "<html>not metrics</html>";
  Scraping scraping(fleet);
  fleet.RunFor(seconds(120));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(fleet.pool.health.StandingOf(fleet.id(i), fleet.loop.Now()), data::Standing::kIn);
    EXPECT_FALSE(data::Known(fleet.Load(i).waiting));
  }
  EXPECT_LE(fleet.server(0).metrics_asked, 30u);  // and is asked seldom
  const std::string page = fleet.Metrics();
  EXPECT_EQ(page.find("fairway_scrapes_total{outcome=\"failed\"} 0\n"), std::string::npos) << page;
  EXPECT_EQ(page.find("fairway_scrapes_total{outcome=\"no-figures\"} 0\n"), std::string::npos);
  EXPECT_NE(page.find("fairway_scrapes_total{outcome=\"ok\"} 0\n"), std::string::npos);
}

TEST(Scraper, SurvivesServersThatRefuseOrReset) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = MetricsPage(1, 0, 0, 1);
  fleet.Add(7);  // nobody listens there
  fleet.pool.Publish();
  Scraping scraping(fleet);
  for (int i = 0; i < 20; ++i) {
    fleet.RunFor(milliseconds(130));
    fleet.world.BreakAll(fleet.address(0));
  }
  fleet.RunFor(seconds(10));
  EXPECT_EQ(fleet.Load(0).running, 1);
  EXPECT_FALSE(data::Known(fleet.Load(7).running));
}

TEST(Scraper, RefusesAPageOverTheLimit) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = MetricsPage(1, 0, 0, 1) + std::string(100'000, '#');
  Scraping scraping(fleet, {.max_page_bytes = 50'000});
  fleet.RunFor(seconds(10));
  EXPECT_FALSE(data::Known(fleet.Load(0).running));
}

TEST(Scraper, FollowsTheMembership) {
  FakeFleet fleet(2);
  fleet.server(0).metrics = MetricsPage(1, 0, 0, 1);
  fleet.server(1).metrics = MetricsPage(2, 0, 0, 1);
  Scraping scraping(fleet);
  fleet.RunFor(seconds(1));
  fleet.pool.table.Remove(fleet.id(1));
  fleet.pool.Publish();
  fleet.RunFor(seconds(1));
  const size_t asked = fleet.server(1).metrics_asked;
  fleet.RunFor(seconds(10));
  EXPECT_EQ(fleet.server(1).metrics_asked, asked);

  const model::EndpointId old = fleet.id(1);
  fleet.Add(1, "/behind/proxy");
  fleet.pool.Publish();
  EXPECT_NE(fleet.id(1), old);
  fleet.RunFor(seconds(1));
  EXPECT_EQ(fleet.Load(1).running, 2);
  EXPECT_FALSE(data::Known(fleet.pool.loads.Read(old, fleet.loop.Now()).running));
  EXPECT_EQ(fleet.server(1).last_path, "/behind/proxy/metrics");
}

TEST(Scraper, ReportsNothingForAMemberThatLeftMeanwhile) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = MetricsPage(1, 0, 0, 1);
  fleet.server(0).silent = true;
  Scraping scraping(fleet);
  fleet.RunFor(milliseconds(300));  // a scrape is under way
  EXPECT_EQ(fleet.server(0).metrics_asked, 1u);
  const model::EndpointId old = fleet.id(0);
  fleet.pool.table.Remove(old);
  fleet.pool.Publish();
  fleet.RunFor(milliseconds(120));
  fleet.server(0).silent = false;
  fleet.RunFor(seconds(1));
  EXPECT_FALSE(data::Known(fleet.pool.loads.Read(old, fleet.loop.Now()).running));
}

TEST(Scraper, StaysWithinItsBudget) {
  FakeFleet fleet(40);
  for (size_t i = 0; i < 40; ++i) fleet.server(i).metrics = MetricsPage(1, 0, 0, 1);
  ScraperOptions options;
  options.pace.cost_of_exchange = milliseconds(1);  // 40 busy ones at 0.2 s want 20 % of a core
  options.pace.cost_of_mebibyte = milliseconds(0);
  Scraping scraping(fleet, options);
  fleet.RunFor(seconds(10));
  const auto asked = [&fleet] {
    size_t sum = 0;
    for (size_t i = 0; i < 40; ++i) sum += fleet.server(i).metrics_asked;
    return sum;
  };
  const size_t before = asked();
  fleet.RunFor(seconds(60));
  // 2 % of 60 s is 1.2 s, that is 1,200 scrapes of 1 ms.
  EXPECT_NEAR(static_cast<double>(asked() - before), 1200, 100);
  EXPECT_NEAR(scraping.scraper.budget().Stretch(), 10, 0.5);
  EXPECT_TRUE(data::Known(fleet.Load(0).running));
  EXPECT_NE(fleet.Metrics().find("fairway_scrape_stretch_ratio 10"), std::string::npos);
}

TEST(Scraper, SpreadsItsScrapes) {
  FakeFleet fleet(100);
  for (size_t i = 0; i < 100; ++i) fleet.server(i).metrics = MetricsPage(1, 0, 0, 1);
  ScraperOptions options;
  options.pace.budget_cores = 100;
  Scraping scraping(fleet, options);
  fleet.RunFor(seconds(2));
  size_t most = 0;
  size_t last = 0;
  for (int i = 0; i < 50; ++i) {
    size_t sum = 0;
    for (size_t k = 0; k < 100; ++k) sum += fleet.server(k).metrics_asked;
    if (i > 0) most = std::max(most, sum - last);
    last = sum;
    fleet.RunFor(milliseconds(20));
  }
  EXPECT_GE(most, 5u);   // 500 a second: 10 in 20 ms on the average
  EXPECT_LE(most, 30u);  // and never all at once
}

TEST(Scraper, TokenCountersThatMoveAreProgress) {
  FakeFleet fleet(2);
  fleet.server(0).metrics = MetricsPage(1, 0, 0.1, 1);
  fleet.server(1).metrics = MetricsPage(1, 0, 0.1, 1);
  Scraping scraping(fleet);
  const data::InFlightHold held0 = fleet.pool.in_flight.Acquire(fleet.id(0).slot, 10, 100);
  const data::InFlightHold held1 = fleet.pool.in_flight.Acquire(fleet.id(1).slot, 10, 100);
  std::vector<model::EndpointId> hung;
  for (int i = 0; i < 60; ++i) {
    fleet.server(0).metrics = MetricsPage(1, 0, 0.1, 1 + i);  // server 1 stands still
    fleet.RunFor(seconds(1));
    for (const model::EndpointId id :
         fleet.pool.health.FindHung(fleet.pool.in_flight, fleet.loop.Now())) {
      hung.push_back(id);
    }
  }
  ASSERT_FALSE(hung.empty());
  for (const model::EndpointId id : hung) EXPECT_EQ(id, fleet.id(1));
}

TEST(Scraper, SameSeedSameTrace) {
  const auto trace = [](uint64_t seed) {
    FakeFleet fleet(5);
    for (size_t i = 0; i < 5; ++i) fleet.server(i).metrics = MetricsPage(1, 0, 0, 1);
    Scraping scraping(fleet, {.seed = seed});
    std::string counts;
    for (int k = 0; k < 100; ++k) {
      fleet.RunFor(milliseconds(37));
      for (size_t i = 0; i < 5; ++i) counts += std::to_string(fleet.server(i).metrics_asked) + " ";
    }
    return counts;
  };
  EXPECT_EQ(trace(11), trace(11));
  EXPECT_NE(trace(11), trace(12));
}

constexpr std::string_view kTrtPage =
    "trtllm_num_requests_running 2\ntrtllm_num_requests_waiting 1\n";

TEST(Scraper, FindsThePageWhereTrtllmServeHasIt) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = "[{\"iter\": 1}]";
  Scraping scraping(fleet);
  fleet.RunFor(milliseconds(900));
  EXPECT_EQ(fleet.server(0).last_path, "/metrics");
  fleet.RunFor(seconds(2));
  EXPECT_FALSE(data::Known(fleet.Load(0).running));
  fleet.server(0).metrics = std::string(kTrtPage);
  fleet.RunFor(seconds(6));
  EXPECT_EQ(fleet.Load(0).running, 2);
}

TEST(Scraper, ALabelSaysWhichEngineItIs) {
  FakeFleet fleet(2);
  ScraperOptions options;
  options.engines.label_key = "engine";
  const std::string both = MetricsPage(7, 0, 0, 1) + std::string(kTrtPage);
  fleet.server(0).metrics = both;
  fleet.server(1).metrics = both;
  fleet.pool.table.Remove(fleet.id(1));
  data::EndpointSpec labelled;
  labelled.ip = fleet.address(1).ip;
  labelled.port = 8000;
  labelled.labels = {{"engine", "trtllm-serve"}};
  CHECK(fleet.pool.table.Add(std::move(labelled)).ok());
  fleet.pool.Publish();
  Scraping scraping(fleet, options);
  fleet.RunFor(seconds(1));
  const auto members = fleet.pool.table.members().Copy();
  std::vector<float> running;
  for (const model::EndpointId id : members->ids())
    running.push_back(fleet.pool.loads.Read(id, fleet.loop.Now()).running);
  std::ranges::sort(running);
  EXPECT_EQ(running, (std::vector<float>{2, 7}));
}

TEST(Scraper, TakesOtherEnginesWhileItRuns) {
  FakeFleet fleet(1);
  fleet.server(0).metrics = "mine_running 3\n" + MetricsPage(1, 0, 0, 1);
  Scraping scraping(fleet);
  fleet.RunFor(seconds(1));
  EXPECT_EQ(fleet.Load(0).running, 1);
  data::EngineMapping mine;
  mine.name = "mine";
  mine.running.family = "mine_running";
  const std::vector<data::EngineMapping> more = {mine};
  EngineChoice choice;
  choice.engines = std::make_shared<const Engines>(more);
  scraping.scraper.Use(std::move(choice));
  fleet.RunFor(seconds(6));
  EXPECT_EQ(fleet.Load(0).running, 3);
}

}  // namespace
}  // namespace fairway::sources
