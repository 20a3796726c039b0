// What moving a metric costs a worker.

#include <benchmark/benchmark.h>

#include "obs/metrics.h"

namespace fairway::obs {
namespace {

void BM_CounterAdd(benchmark::State& state) {
  Registry registry;
  Counter& counter = registry.AddCounter("c_total", "");
  for (auto _ : state) {
    counter.Add();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_CounterAdd);

void BM_HistogramObserve(benchmark::State& state) {
  Registry registry;
  constexpr double kBounds[] = {.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1};
  Histogram& histogram = registry.AddHistogram("h", "", kBounds);
  double value = 0;
  for (auto _ : state) {
    histogram.Observe(value);
    value = value < 0.15 ? value + 0.003 : 0;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_HistogramObserve);

void BM_FamilyWith(benchmark::State& state) {
  Registry registry;
  auto& family = registry.AddCounterFamily(
      {.name = "f_total", .help = "", .labels = {"model", "status", "reason"}});
  for (int i = 0; i < 200; ++i) family.With(std::to_string(i), "200", "none");
  for (auto _ : state) family.With("meta-llama/Llama-3.1-8B-Instruct", "200", "none").Add();
}
BENCHMARK(BM_FamilyWith);

void BM_RenderThousandSeries(benchmark::State& state) {
  Registry registry;
  auto& family =
      registry.AddCounterFamily({.name = "f_total", .help = "", .labels = {"model", "status"}});
  for (int i = 0; i < 1000; ++i) family.With("model-" + std::to_string(i), "200").Add();
  std::string page;
  for (auto _ : state) {
    page.clear();
    registry.Render(page);
  }
}
BENCHMARK(BM_RenderThousandSeries);

}  // namespace
}  // namespace fairway::obs
