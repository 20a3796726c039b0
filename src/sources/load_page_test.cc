#include "sources/vllm_metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/source_dir.h"

namespace fairway::sources {
namespace {

// A page as vLLM 0.32 wrote it, cut down to the families of interest and some others.
std::string Recorded(const std::string& name) {
  const std::string path = std::string(base::kSourceDir) + "/test/fixtures/vllm/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

using Strs = std::vector<std::string>;

TEST(VllmMetrics, ReadsARecordedPageUnderLoad) {
  const std::string page = Recorded("metrics_under_load.txt");
  VllmParser parser;
  const VllmReport& report = parser.Parse(page);
  EXPECT_TRUE(report.known());
  EXPECT_EQ(report.bad_lines, 0u);
  EXPECT_EQ(report.load.running, 16);
  EXPECT_EQ(report.load.waiting, 0);
  EXPECT_FLOAT_EQ(report.load.kv_usage, 0.13894324853228968f);
  EXPECT_EQ(report.load.block_size_tokens, 32u);
  EXPECT_EQ(report.load.kv_blocks, 512u);
  EXPECT_EQ(report.prompt_tokens, 30928);
  EXPECT_EQ(report.generation_tokens, 7343);
  EXPECT_EQ(report.load.tokens_total, 38271u);
  EXPECT_EQ(report.prefix_queries, 30928);
  EXPECT_EQ(report.prefix_hits, 3072);
}

TEST(VllmMetrics, TakesTheNewestLoraSeriesNotTheLastOne) {
  const std::string page = Recorded("metrics_under_load.txt");
  VllmParser parser;
  const VllmReport& idle_again = parser.Parse(page);  // the newest is the first of four
  EXPECT_EQ(idle_again.load.max_loras, 2u);
  EXPECT_TRUE(idle_again.load.running_loras.empty());

  const std::string running = Recorded("metrics_lora_running.txt");
  const VllmReport& report = parser.Parse(running);
  EXPECT_EQ(Strings(report.load.running_loras), (Strs{"lora-a", "lora-b"}));
  EXPECT_EQ(Strings(report.load.waiting_loras), (Strs{"lora-a", "lora-b"}));
  EXPECT_EQ(report.load.running, 3);
}

TEST(VllmMetrics, ReadsAQueue) {
  const std::string page = Recorded("metrics_overload.txt");
  VllmParser parser;
  const VllmReport& report = parser.Parse(page);
  EXPECT_EQ(report.load.running, 4);
  EXPECT_EQ(report.load.waiting, 4);
  EXPECT_TRUE(report.load.running_loras.empty());
}

TEST(VllmMetrics, AddsRanksUpAndAveragesTheirCaches) {
  VllmParser parser;
  const VllmReport& report = parser.Parse(
      "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 3.0\n"
      "vllm:num_requests_running{engine=\"1\",model_name=\"m\"} 5.0\n"
      "vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 0.0\n"
      "vllm:num_requests_waiting{engine=\"1\",model_name=\"m\"} 2.0\n"
      "vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"m\"} 1.0\n"
      "vllm:kv_cache_usage_perc{engine=\"1\",model_name=\"m\"} 0.5\n"
      "vllm:cache_config_info{block_size=\"16\",engine=\"0\",num_gpu_blocks=\"100\"} 1.0\n"
      "vllm:cache_config_info{block_size=\"16\",engine=\"1\",num_gpu_blocks=\"120\"} 1.0\n"
      "vllm:generation_tokens_total{engine=\"0\"} 10\n"
      "vllm:generation_tokens_total{engine=\"1\"} 20\n");
  EXPECT_EQ(report.load.running, 8);
  EXPECT_EQ(report.load.waiting, 2);
  EXPECT_FLOAT_EQ(report.load.kv_usage, 0.75f);
  EXPECT_EQ(report.load.block_size_tokens, 16u);
  EXPECT_EQ(report.load.kv_blocks, 220u);
  EXPECT_EQ(report.load.tokens_total, 30u);
}

TEST(VllmMetrics, KnowsTheOldNameOfKvUsage) {
  VllmParser parser;
  EXPECT_FLOAT_EQ(parser.Parse("vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.25\n").load.kv_usage,
                  0.25f);
  EXPECT_FLOAT_EQ(parser
                      .Parse("vllm:gpu_cache_usage_perc 0.25\n"
                             "vllm:kv_cache_usage_perc 0.5\n")
                      .load.kv_usage,
                  0.5f);
}

TEST(VllmMetrics, LeavesUnknownWhatThePageDoesNotSay) {
  VllmParser parser;
  for (const std::string_view page :
       {"", "<html>not metrics</html>", "# HELP x\nx 1\n", "vllm:num_requests_running NaN\n",
        "vllm:num_requests_running -1\n", "vllm:num_requests_running{a=\"1\" 4\n"}) {
    const VllmReport& report = parser.Parse(page);
    EXPECT_FALSE(report.known()) << page;
    EXPECT_FALSE(data::Known(report.load.running)) << page;
    EXPECT_FALSE(data::Known(report.load.kv_usage)) << page;
    EXPECT_FALSE(report.load.tokens_total) << page;
    EXPECT_EQ(report.load.kv_blocks, 0u) << page;
  }
  const VllmReport& partly = parser.Parse("vllm:num_requests_running 0\n");
  EXPECT_TRUE(partly.known());
  EXPECT_EQ(partly.load.running, 0);
  EXPECT_FALSE(data::Known(partly.load.waiting));
}

TEST(VllmMetrics, ToleratesOddCacheConfigAndLoraLabels) {
  VllmParser parser;
  const VllmReport& report = parser.Parse(
      "vllm:cache_config_info{block_size=\"None\",num_gpu_blocks=\"-4\"} 1\n"
      "vllm:lora_requests_info{max_lora=\"x\",running_lora_adapters=\" a ,,b\\\"c, \"} 5\n"
      "vllm:lora_requests_info{running_lora_adapters=\"old\"} 4\n"
      "vllm:lora_requests_info{running_lora_adapters=\"odd\"} NaN\n");
  EXPECT_EQ(report.load.block_size_tokens, 0u);
  EXPECT_EQ(report.load.kv_blocks, 0u);
  EXPECT_EQ(report.load.max_loras, 0u);
  EXPECT_EQ(Strings(report.load.running_loras), (Strs{"a", "b\"c"}));
}

TEST(VllmMetrics, KeepsABoundedNumberOfAdapters) {
  std::string page = "vllm:lora_requests_info{max_lora=\"900\",running_lora_adapters=\"";
  for (int i = 0; i < 900; ++i) page += "adapter-" + std::to_string(i) + ",";
  page += "\"} 1\n";
  VllmParser parser;
  EXPECT_EQ(parser.Parse(page).load.running_loras.size(), data::kMaxLoraNames);
}

}  // namespace
}  // namespace fairway::sources
