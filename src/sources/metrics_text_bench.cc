// A page of the size that a vLLM writes after use (72 KB): what it costs to read its load.

#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <string>

#include "sources/load_page.h"
#include "sources/metrics_text.h"

namespace fairway::sources {
namespace {

// The families of interest in between histograms, as vLLM orders them; about 700 lines.
std::string BigPage() {
  std::string page;
  const auto histogram = [&](const std::string& name) {
    page +=
        "# HELP vllm:" + name + " Histogram of " + name + ".\n# TYPE vllm:" + name + " histogram\n";
    for (int i = 0; i < 24; ++i) {
      page += "vllm:" + name + "_bucket{engine=\"0\",le=\"" + std::to_string(i * 10) +
              ".0\",model_name=\"tiny\"} " + std::to_string(i * i) + ".0\n";
    }
  };
  for (int i = 0; i < 6; ++i) histogram("request_prefill_kv_computed_tokens_" + std::to_string(i));
  for (const char* name : {"num_requests_running", "num_requests_waiting", "kv_cache_usage_perc",
                           "prefix_cache_queries_total", "prefix_cache_hits_total",
                           "prompt_tokens_total", "generation_tokens_total"}) {
    page += "# HELP vllm:" + std::string(name) + " Something.\n# TYPE vllm:" + name + " gauge\n";
    page += "vllm:" + std::string(name) + "{engine=\"0\",model_name=\"tiny\"} 0.375\n";
  }
  page +=
      "vllm:cache_config_info{block_size=\"32\",cache_dtype=\"auto\",enable_prefix_caching="
      "\"True\",engine=\"0\",gpu_memory_utilization=\"0.92\",num_gpu_blocks=\"512\"} 1.0\n";
  for (int i = 0; page.size() < 72'000; ++i)
    histogram("time_per_something_seconds_" + std::to_string(i));
  return page;
}

void BM_VllmPage(benchmark::State& state) {
  const std::string page = BigPage();
  LoadPageParser parser(std::make_shared<const Engines>());
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.Parse(page, 0).load.running);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * page.size()));
}
BENCHMARK(BM_VllmPage);

}  // namespace
}  // namespace fairway::sources
