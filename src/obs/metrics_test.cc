#include "obs/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <thread>

namespace fairway::obs {
namespace {

std::string Page(const Registry& registry) {
  std::string page;
  registry.Render(page);
  return page;
}

// The page without the registry's own family, which closes each page.
std::string PageBody(const Registry& registry) {
  const std::string page = Page(registry);
  return page.substr(0, page.find("# HELP fairway_metric_series_overflow_total"));
}

TEST(Registry, RendersFamiliesInOrderOfName) {
  Registry registry;
  registry.AddCounter("z_total", "Last.").Add(7);
  registry.AddGauge("a", "First.").Sub(2);
  EXPECT_EQ(PageBody(registry),
            "# HELP a First.\n"
            "# TYPE a gauge\n"
            "a -2\n"
            "# HELP z_total Last.\n"
            "# TYPE z_total counter\n"
            "z_total 7\n");
}

TEST(Registry, RendersHistogramsCumulative) {
  Registry registry;
  const std::array<double, 3> bounds{0.001, 0.25, 2.5};
  Histogram& histogram = registry.AddHistogram("pick_seconds", "Time.", bounds);
  histogram.Observe(0.0005);
  histogram.Observe(0.25);
  histogram.Observe(10);
  EXPECT_EQ(PageBody(registry),
            "# HELP pick_seconds Time.\n"
            "# TYPE pick_seconds histogram\n"
            "pick_seconds_bucket{le=\"0.001\"} 1\n"
            "pick_seconds_bucket{le=\"0.25\"} 2\n"
            "pick_seconds_bucket{le=\"2.5\"} 2\n"
            "pick_seconds_bucket{le=\"+Inf\"} 3\n"
            "pick_seconds_sum 10.2505\n"
            "pick_seconds_count 3\n");
}

TEST(Registry, RendersLabelledHistogramsWithLeLast) {
  Registry registry;
  const std::array<double, 1> bounds{1};
  registry.AddHistogramFamily({.name = "h", .help = "H", .labels = {"model"}}, bounds)
      .With("m")
      .Observe(0.5);
  EXPECT_EQ(PageBody(registry),
            "# HELP h H\n# TYPE h histogram\n"
            "h_bucket{model=\"m\",le=\"1\"} 1\n"
            "h_bucket{model=\"m\",le=\"+Inf\"} 1\n"
            "h_sum{model=\"m\"} 0.5\n"
            "h_count{model=\"m\"} 1\n");
}

TEST(Registry, EscapesHelpAndLabelValues) {
  Registry registry;
  registry.AddCounterFamily({.name = "x_total", .help = "a\\b\n\"c\"", .labels = {"v"}})
      .With("q\"b\\n\n")
      .Add();
  EXPECT_EQ(PageBody(registry),
            "# HELP x_total a\\\\b\\n\"c\"\n"
            "# TYPE x_total counter\n"
            "x_total{v=\"q\\\"b\\\\n\\n\"} 1\n");
}

TEST(Registry, GivesTheSameMetricForTheSameName) {
  Registry registry;
  Counter& first = registry.AddCounter("a_total", "A.");
  EXPECT_EQ(&first, &registry.AddCounter("a_total", "A."));
  const std::array<double, 2> bounds{1, 2};
  EXPECT_EQ(&registry.AddHistogram("h", "H", bounds), &registry.AddHistogram("h", "H", bounds));
}

TEST(Registry, ReadsCallbacksWhenRendered) {
  Registry registry;
  double value = 1.5;
  registry.AddCallback(Kind::kGauge, "level", "L.", [&] { return value; });
  EXPECT_NE(Page(registry).find("level 1.5\n"), std::string::npos);
  value = std::numeric_limits<double>::infinity();
  EXPECT_NE(Page(registry).find("level +Inf\n"), std::string::npos);
  registry.Remove("level");
  EXPECT_EQ(Page(registry).find("level"), std::string::npos);
  registry.Remove("level");
}

TEST(Registry, RendersCallbackFamiliesSortedAndBounded) {
  Registry registry;
  registry.AddCallbackFamily(
      Kind::kCounter, {.name = "e_total", .help = "E.", .labels = {"endpoint"}, .max_series = 2},
      [](const Registry::EmitSeries& emit) {
        for (const std::string_view endpoint : {"b:1", "a:1", "\xff", "c:1"}) {
          const std::string_view values[] = {endpoint};
          emit(values, 4);
        }
      });
  EXPECT_EQ(Page(registry),
            "# HELP e_total E.\n# TYPE e_total counter\n"
            "e_total{endpoint=\"a:1\"} 4\n"
            "e_total{endpoint=\"b:1\"} 4\n"
            "# HELP fairway_metric_series_overflow_total "
            "Times that a metric had too many or unfit label values.\n"
            "# TYPE fairway_metric_series_overflow_total counter\n"
            "fairway_metric_series_overflow_total{metric=\"e_total\"} 2\n");
}

TEST(Registry, SaysWhichFamilyOverflowed) {
  Registry registry;
  Family<Counter>& family = registry.AddCounterFamily(
      {.name = "f_total", .help = "F.", .labels = {"l"}, .max_series = 1});
  family.With("a").Add();
  family.With("b").Add();
  const std::string page = Page(registry);
  EXPECT_NE(page.find("f_total{l=\"other\"} 1\n"), std::string::npos);
  EXPECT_NE(page.find("_overflow_total{metric=\"f_total\"} 1\n"), std::string::npos);
}

TEST(Registry, RendersWhileMetricsAreAddedAndMoved) {
  Registry registry;
  std::thread worker([&] {
    base::this_worker = 3;
    for (int i = 0; i < 200; ++i) {
      registry.AddCounter("c" + std::to_string(i % 20) + "_total", "C.").Add();
      registry.AddGaugeFamily({.name = "g", .help = "G.", .labels = {"l"}})
          .With(std::to_string(i % 10))
          .Add();
    }
  });
  for (int i = 0; i < 50; ++i) Page(registry);
  worker.join();
  EXPECT_NE(Page(registry).find("g{l=\"9\"} 20\n"), std::string::npos);
}

TEST(RegistryDeathTest, RefusesBadDeclarations) {
  Registry registry;
  registry.AddCounter("a", "");
  EXPECT_DEATH(registry.AddGauge("a", ""), "CHECK");
  EXPECT_DEATH(registry.AddCounter("1a", ""), "CHECK");
  EXPECT_DEATH(registry.AddCounter("a-b", ""), "CHECK");
  EXPECT_DEATH(registry.AddCounterFamily({.name = "b", .help = "", .labels = {"le"}}), "CHECK");
  EXPECT_DEATH(registry.AddCounterFamily({.name = "b", .help = "", .labels = {}}), "CHECK");
}

}  // namespace
}  // namespace fairway::obs
