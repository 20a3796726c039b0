#include "sources/load_page.h"

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

LoadPageParser Parser(std::span<const data::EngineMapping> more = {}) {
  return LoadPageParser(std::make_shared<const Engines>(more));
}
const LoadPage& Vllm(LoadPageParser& parser, std::string_view page) {
  return parser.ParseAs(page, *parser.engines().Find("vllm"));
}

using Strs = std::vector<std::string>;

TEST(LoadPage, ReadsARecordedPageUnderLoad) {
  const std::string page = Recorded("metrics_under_load.txt");
  LoadPageParser parser = Parser();
  const LoadPage& report = Vllm(parser, page);
  EXPECT_TRUE(report.known());
  EXPECT_EQ(report.bad_lines, 0u);
  EXPECT_EQ(report.load.running, 16);
  EXPECT_EQ(report.load.waiting, 0);
  EXPECT_FLOAT_EQ(report.load.kv_usage, 0.13894324853228968f);
  EXPECT_EQ(report.load.block_size_tokens, 32u);
  EXPECT_EQ(report.load.kv_blocks, 512u);
  EXPECT_EQ(report.load.tokens_total, 38271u);
}

TEST(LoadPage, TakesTheNewestLoraSeriesNotTheLastOne) {
  const std::string page = Recorded("metrics_under_load.txt");
  LoadPageParser parser = Parser();
  const LoadPage& idle_again = Vllm(parser, page);  // the newest is the first of four
  EXPECT_EQ(idle_again.load.max_loras, 2u);
  EXPECT_TRUE(idle_again.load.running_loras.empty());

  const std::string running = Recorded("metrics_lora_running.txt");
  const LoadPage& report = Vllm(parser, running);
  EXPECT_EQ(Strings(report.load.running_loras), (Strs{"lora-a", "lora-b"}));
  EXPECT_EQ(Strings(report.load.waiting_loras), (Strs{"lora-a", "lora-b"}));
  EXPECT_EQ(report.load.running, 3);
}

TEST(LoadPage, ReadsAQueue) {
  const std::string page = Recorded("metrics_overload.txt");
  LoadPageParser parser = Parser();
  const LoadPage& report = Vllm(parser, page);
  EXPECT_EQ(report.load.running, 4);
  EXPECT_EQ(report.load.waiting, 4);
  EXPECT_TRUE(report.load.running_loras.empty());
}

TEST(LoadPage, AddsRanksUpAndAveragesTheirCaches) {
  LoadPageParser parser = Parser();
  const LoadPage& report =
      Vllm(parser,
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

TEST(LoadPage, KnowsTheOldNameOfKvUsage) {
  LoadPageParser parser = Parser();
  EXPECT_FLOAT_EQ(Vllm(parser, "vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.25\n").load.kv_usage,
                  0.25f);
  EXPECT_FLOAT_EQ(Vllm(parser,
                       "vllm:gpu_cache_usage_perc 0.25\n"
                       "vllm:kv_cache_usage_perc 0.5\n")
                      .load.kv_usage,
                  0.5f);
}

TEST(LoadPage, LeavesUnknownWhatThePageDoesNotSay) {
  LoadPageParser parser = Parser();
  for (const std::string_view page :
       {"", "<html>not metrics</html>", "# HELP x\nx 1\n", "vllm:num_requests_running NaN\n",
        "vllm:num_requests_running -1\n", "vllm:num_requests_running{a=\"1\" 4\n"}) {
    const LoadPage& report = Vllm(parser, page);
    EXPECT_FALSE(report.known()) << page;
    EXPECT_FALSE(data::Known(report.load.running)) << page;
    EXPECT_FALSE(data::Known(report.load.kv_usage)) << page;
    EXPECT_FALSE(report.load.tokens_total) << page;
    EXPECT_EQ(report.load.kv_blocks, 0u) << page;
  }
  const LoadPage& partly = Vllm(parser, "vllm:num_requests_running 0\n");
  EXPECT_TRUE(partly.known());
  EXPECT_EQ(partly.load.running, 0);
  EXPECT_FALSE(data::Known(partly.load.waiting));
}

TEST(LoadPage, ToleratesOddCacheConfigAndLoraLabels) {
  LoadPageParser parser = Parser();
  const LoadPage& report =
      Vllm(parser,
           "vllm:cache_config_info{block_size=\"None\",num_gpu_blocks=\"-4\"} 1\n"
           "vllm:lora_requests_info{max_lora=\"x\",running_lora_adapters=\" a ,,b\\\"c, \"} 5\n"
           "vllm:lora_requests_info{running_lora_adapters=\"old\"} 4\n"
           "vllm:lora_requests_info{running_lora_adapters=\"odd\"} NaN\n");
  EXPECT_EQ(report.load.block_size_tokens, 0u);
  EXPECT_EQ(report.load.kv_blocks, 0u);
  EXPECT_EQ(report.load.max_loras, 0u);
  EXPECT_EQ(Strings(report.load.running_loras), (Strs{"a", "b\"c"}));
}

TEST(LoadPage, KeepsABoundedNumberOfAdapters) {
  std::string page = "vllm:lora_requests_info{max_lora=\"900\",running_lora_adapters=\"";
  for (int i = 0; i < 900; ++i) page += "adapter-" + std::to_string(i) + ",";
  page += "\"} 1\n";
  LoadPageParser parser = Parser();
  EXPECT_EQ(Vllm(parser, page).load.running_loras.size(), data::kMaxLoraNames);
}

// The name of the engine whose page it is.
std::string_view EngineOf(const LoadPageParser& parser, const LoadPage& page) {
  return page.engine ? std::string_view(parser.engines()[*page.engine].mapping().name) : "nobody";
}

TEST(LoadPage, SglangWithRanks) {
  LoadPageParser parser = Parser();
  const LoadPage& page = parser.Parse(
      "# HELP sglang:num_running_reqs The number of running requests.\n"
      "sglang:num_running_reqs{dp_rank=\"0\",model_name=\"m\"} 6.0\n"
      "sglang:num_running_reqs{dp_rank=\"1\",model_name=\"m\"} 2.0\n"
      "sglang:num_queue_reqs{dp_rank=\"0\",model_name=\"m\"} 1.0\n"
      "sglang:num_queue_reqs{dp_rank=\"1\",model_name=\"m\"} 3.0\n"
      "sglang:token_usage{dp_rank=\"0\",model_name=\"m\"} 0.28\n"
      "sglang:token_usage{dp_rank=\"1\",model_name=\"m\"} 0.12\n"
      "sglang:cache_config_info{page_size=\"64\",num_pages=\"1000\"} 1.0\n"
      "sglang:prompt_tokens_total{model_name=\"m\"} 100\n"
      "sglang:generation_tokens_total{model_name=\"m\"} 11\n",
      {});
  EXPECT_EQ(EngineOf(parser, page), "sglang");
  EXPECT_EQ(page.load.running, 8);
  EXPECT_EQ(page.load.waiting, 4);
  EXPECT_FLOAT_EQ(page.load.kv_usage, 0.2f);
  EXPECT_EQ(page.load.block_size_tokens, 64u);
  EXPECT_EQ(page.load.kv_blocks, 1000u);
  EXPECT_EQ(page.load.tokens_total, 111u);
}

TEST(LoadPage, TrtllmServe) {
  LoadPageParser parser = Parser();
  const LoadPage& page = parser.Parse(
      "trtllm_num_requests_waiting{engine_type=\"trt\"} 2\n"
      "trtllm_num_requests_running{engine_type=\"trt\"} 5\n"
      "trtllm_kv_cache_utilization{engine_type=\"trt\"} 0.5\n"
      "trtllm_kv_cache_tokens_per_block 32\ntrtllm_kv_cache_max_blocks 4096\n"
      "trtllm_request_success_total{finished_reason=\"stop\"} 9\n",
      {});
  EXPECT_EQ(EngineOf(parser, page), "trtllm-serve");
  EXPECT_EQ(page.load.waiting, 2);
  EXPECT_EQ(page.load.running, 5);
  EXPECT_EQ(page.load.kv_usage, 0.5f);
  EXPECT_EQ(page.load.block_size_tokens, 32u);
  EXPECT_EQ(page.load.kv_blocks, 4096u);
  EXPECT_EQ(page.load.tokens_total, 9u);
}

// As the TensorRT-LLM backend documents its families.
TEST(LoadPage, TritonTellsItsFiguresByLabels) {
  LoadPageParser parser = Parser();
  const LoadPage& page = parser.Parse(
      "nv_inference_pending_request_count{model=\"tensorrt_llm\",version=\"1\"} 9\n"
      "nv_trt_llm_request_metrics{model=\"tensorrt_llm\",request_type=\"waiting\",version=\"1\"} "
      "1\n"
      "nv_trt_llm_request_metrics{model=\"tensorrt_llm\",request_type=\"context\",version=\"1\"} "
      "7\n"
      "nv_trt_llm_request_metrics{model=\"tensorrt_llm\",request_type=\"scheduled\",version=\"1\"} "
      "4\n"
      "nv_trt_llm_request_metrics{model=\"tensorrt_llm\",request_type=\"max\",version=\"1\"} 512\n"
      "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\",version=\"1\"} 0.25\n"
      "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"tokens_per\",version=\"1\"} 64\n"
      "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"used\",version=\"1\"} 1\n"
      "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"max\",version=\"1\"} 6239\n",
      {});
  EXPECT_EQ(EngineOf(parser, page), "triton-tensorrt-llm");
  EXPECT_EQ(page.load.waiting, 1);
  EXPECT_EQ(page.load.running, 4);
  EXPECT_EQ(page.load.kv_usage, 0.25f);
  EXPECT_EQ(page.load.block_size_tokens, 64u);
  EXPECT_EQ(page.load.kv_blocks, 6239u);
}

// Its executions are a counter: that they move says that it works, not how much runs.
TEST(LoadPage, PlainTritonTellsNoRunningRequests) {
  LoadPageParser parser = Parser();
  const LoadPage& page = parser.Parse(
      "nv_inference_pending_request_count{model=\"a\",version=\"1\"} 2\n"
      "nv_inference_pending_request_count{model=\"b\",version=\"1\"} 3\n"
      "nv_inference_exec_count{model=\"a\",version=\"1\"} 1000\n",
      {});
  EXPECT_EQ(EngineOf(parser, page), "triton");
  EXPECT_EQ(page.load.waiting, 5);
  EXPECT_FALSE(data::Known(page.load.running));
  EXPECT_EQ(page.load.tokens_total, 1000u);
}

TEST(LoadPage, TheGuessIsTriedFirstAndAWrongOneCostsNothingButTime) {
  LoadPageParser parser = Parser();
  const auto sglang = parser.engines().Find("sglang");
  const std::string both = "vllm:num_requests_running 1\nsglang:num_running_reqs 2\n";
  EXPECT_EQ(parser.Parse(both, sglang).load.running, 2);
  EXPECT_EQ(parser.Parse(both, {}).load.running, 1);
  EXPECT_EQ(parser.Parse("vllm:num_requests_running 1\n", sglang).load.running, 1);
  EXPECT_EQ(EngineOf(parser, parser.Parse("up 1\n", sglang)), "nobody");
}

TEST(LoadPage, AConfiguredEngineIsAddedOrReplacesABuiltInOne) {
  std::vector<data::EngineMapping> more(2);
  more[0].name = "mine";
  more[0].queued = *data::ParseSeriesName("my_queue{kind=waiting}");
  more[0].running = *data::ParseSeriesName("my_queue{kind=running}");
  more[1].name = "vllm";
  more[1].running = *data::ParseSeriesName("vllm:num_requests_running{model_name=b}");
  LoadPageParser parser = Parser(more);
  EXPECT_EQ(parser.engines().size(), BuiltInEngines().size() + 1);
  const LoadPage& mine = parser.Parse(
      "my_queue{kind=\"waiting\"} 3\nmy_queue{kind=\"running\"} 4\nmy_queue{kind=\"x\"} 9\n", {});
  EXPECT_EQ(EngineOf(parser, mine), "mine");
  EXPECT_EQ(mine.load.waiting, 3);
  EXPECT_EQ(mine.load.running, 4);
  const LoadPage& vllm = parser.Parse(
      "vllm:num_requests_running{model_name=\"a\"} 1\n"
      "vllm:num_requests_running{model_name=\"b\"} 2\nvllm:num_requests_waiting 5\n",
      {});
  EXPECT_EQ(vllm.load.running, 2);
  EXPECT_FALSE(data::Known(vllm.load.waiting));  // the whole mapping is replaced
}

}  // namespace
}  // namespace fairway::sources
