#include "modelsim/metrics/pages.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>

#include "base/source_dir.h"

namespace fairway::modelsim {
namespace {

class MetricsPageTest : public testing::Test {
 protected:
  std::string Render(std::string_view model = "tiny") {
    std::string out;
    AppendMetricsPage({.engine = engine_,
                       .model = model,
                       .adapters = adapters_,
                       .kind = kind_,
                       .detail = detail_,
                       .http = &http_,
                       .since = 1.7952e9},
                      out);
    return out;
  }

  // The value of the sample whose name and labels are `series`; fails the test if it is not there.
  static std::string ValueOf(const std::string& page, const std::string& series) {
    const size_t at = page.find("\n" + series + " ");
    EXPECT_NE(at, std::string::npos) << series;
    if (at == std::string::npos) return "";
    const size_t from = at + series.size() + 2;
    return page.substr(from, page.find('\n', from) - from);
  }

  const Story story_{1};
  static Profile WithLoras() {
    Profile profile = DefaultProfile();
    profile.max_loras = 2;
    return profile;
  }
  Profile profile_ = WithLoras();
  Engine engine_{profile_, story_};
  std::vector<AdapterSeries> adapters_;
  EngineKind kind_ = EngineKind::kVllm;
  MetricsDetail detail_ = MetricsDetail::kLean;
  HttpStats http_;
};

// The families that a page declares.
std::set<std::string> Families(const std::string& page) {
  std::set<std::string> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) families.insert(line.substr(7, line.rfind(' ') - 7));
  }
  return families;
}

TEST_F(MetricsPageTest, AFullPageHasTheFamiliesAndTheSizeOfTheRealOne) {
  detail_ = MetricsDetail::kFull;
  for (const char* path : {"/v1/chat/completions", "/v1/completions", "none"}) {
    http_.Count(path, "POST", "2xx", 0.2);
  }
  const std::string page = Render();
  const std::set<std::string> ours = Families(page);
  std::ifstream in(std::string(base::kSourceDir) + "/test/fixtures/vllm/metrics_under_load.txt");
  const std::string recorded{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(recorded.empty());
  for (const std::string& family : Families(recorded)) {
    if (family.ends_with("_created")) continue;
    EXPECT_TRUE(ours.contains(family)) << family;
  }
  EXPECT_GT(page.size(), 50'000u);
  EXPECT_LT(page.size(), 75'000u);
}

TEST_F(MetricsPageTest, SglangsNames) {
  kind_ = EngineKind::kSglang;
  const std::string page = Render();
  for (const char* name : {"sglang:num_queue_reqs", "sglang:num_running_reqs", "sglang:token_usage",
                           "sglang:cache_config_info"}) {
    EXPECT_TRUE(Families(page).contains(name)) << name;
  }
  EXPECT_NE(page.find("num_pages=\"4096\",page_size=\"16\"} 1.0"), std::string::npos);
}

TEST_F(MetricsPageTest, TrtllmsNames) {
  kind_ = EngineKind::kTrtllm;
  const std::string page = Render();
  for (const char* name :
       {"trtllm_num_requests_waiting", "trtllm_num_requests_running", "trtllm_kv_cache_utilization",
        "trtllm_kv_cache_tokens_per_block", "trtllm_kv_cache_max_blocks"}) {
    EXPECT_TRUE(Families(page).contains(name)) << name;
  }
  EXPECT_EQ(TrtllmIterationStats(engine_), "[]") << "nothing has run";
}

TEST_F(MetricsPageTest, TritonsNames) {
  kind_ = EngineKind::kTriton;
  const std::string page = Render();
  const std::string labels = "model=\"tiny\",version=\"1\"";
  EXPECT_EQ(ValueOf(page, "nv_trt_llm_request_metrics{request_type=\"waiting\"," + labels + "}"),
            "0.0");
  EXPECT_EQ(ValueOf(page, "nv_trt_llm_request_metrics{request_type=\"scheduled\"," + labels + "}"),
            "0.0");
  EXPECT_EQ(ValueOf(page, "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"tokens_per\"," +
                              labels + "}"),
            "16.0");
  EXPECT_TRUE(Families(page).contains("nv_inference_pending_request_count"));
}

TEST_F(MetricsPageTest, ShowsAnIdleServer) {
  const std::string page = Render();
  EXPECT_EQ(ValueOf(page, R"(vllm:num_requests_running{engine="0",model_name="tiny"})"), "0.0");
  EXPECT_EQ(ValueOf(page, R"(vllm:num_requests_waiting{engine="0",model_name="tiny"})"), "0.0");
  EXPECT_EQ(ValueOf(page, R"(vllm:kv_cache_usage_perc{engine="0",model_name="tiny"})"), "0.0");
  EXPECT_NE(page.find("vllm:cache_config_info{block_size=\"16\""), std::string::npos);
  EXPECT_NE(page.find("num_gpu_blocks=\"4096\""), std::string::npos);
}

TEST_F(MetricsPageTest, MovesWithLoad) {
  for (SequenceId id = 0; id < 70; ++id) {
    ASSERT_TRUE(engine_.Submit(
        {}, id, {HashPrompt(std::string(64, 'x'), 16, id), 4, FinishReason::kLength, 0}));
  }
  std::vector<TokenEvent> events;
  engine_.Advance({}, events);
  std::string page = Render();
  EXPECT_EQ(ValueOf(page, R"(vllm:num_requests_running{engine="0",model_name="tiny"})"), "64.0");
  EXPECT_EQ(ValueOf(page, R"(vllm:num_requests_waiting{engine="0",model_name="tiny"})"), "6.0");
  EXPECT_EQ(ValueOf(page, R"(vllm:kv_cache_usage_perc{engine="0",model_name="tiny"})"), "0.015625");
  while (engine_.NextDeadline() != base::TimePoint::max()) {
    engine_.Advance(engine_.NextDeadline(), events);
  }
  page = Render();
  EXPECT_EQ(ValueOf(page, R"(vllm:generation_tokens_total{engine="0",model_name="tiny"})"),
            "280.0");
  EXPECT_EQ(ValueOf(page, R"(vllm:prompt_tokens_total{engine="0",model_name="tiny"})"), "1120.0");
  EXPECT_EQ(
      ValueOf(
          page,
          R"(vllm:request_success_total{engine="0",finished_reason="length",model_name="tiny"})"),
      "70.0");
  EXPECT_EQ(
      ValueOf(page,
              R"(vllm:e2e_request_latency_seconds_bucket{engine="0",le="+Inf",model_name="tiny"})"),
      "70.0");
}

class EveryPageTest : public MetricsPageTest,
                      public testing::WithParamInterface<std::pair<EngineKind, MetricsDetail>> {};

TEST_P(EveryPageTest, DeclaresEveryFamilyOnceBeforeItsSamples) {
  std::tie(kind_, detail_) = GetParam();
  http_.Count("/v1/completions", "POST", "2xx", 0.2);
  std::istringstream page(Render());
  std::set<std::string> declared;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string name;
    words >> first >> second >> name;
    if (first == "#" && second == "TYPE") {
      EXPECT_TRUE(declared.insert(name).second) << name;
    }
    if (first == "#") continue;
    std::string family = line.substr(0, line.find_first_of("{ "));
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (!family.ends_with(suffix)) continue;
      const std::string stem = family.substr(0, family.size() - suffix.size());
      if (declared.contains(stem)) family = stem;
    }
    EXPECT_TRUE(declared.contains(family)) << line;
  }
  EXPECT_GT(declared.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryPageTest,
                         testing::Values(std::pair(EngineKind::kVllm, MetricsDetail::kLean),
                                         std::pair(EngineKind::kVllm, MetricsDetail::kFull),
                                         std::pair(EngineKind::kSglang, MetricsDetail::kLean),
                                         std::pair(EngineKind::kTrtllm, MetricsDetail::kLean),
                                         std::pair(EngineKind::kTriton, MetricsDetail::kLean)));

TEST_F(MetricsPageTest, BucketsAreCumulative) {
  Histogram histogram(kInterTokenBounds);
  histogram.Observe(0.005);
  histogram.Observe(0.01);
  histogram.Observe(100, 3);
  EXPECT_EQ(histogram.counts().front(), 2u) << "a bound belongs to its bucket";
  EXPECT_EQ(histogram.counts().back(), 3u);
  EXPECT_EQ(histogram.count(), 5u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 300.015);
}

TEST_F(MetricsPageTest, NamesAdapters) {
  adapters_.push_back({"lora-a,lora-b", "lora-b", 1795233332.5});
  EXPECT_EQ(ValueOf(Render(),
                    "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters="
                    "\"lora-a,lora-b\",waiting_lora_adapters=\"lora-b\"}"),
            "1795233332.5");
}

TEST_F(MetricsPageTest, EscapesTheModelsName) {
  EXPECT_NE(Render("a\"b\\c\nd").find(R"(model_name="a\"b\\c\nd"})"), std::string::npos);
}

TEST_F(MetricsPageTest, IsAsLongAsAskedFor) {
  Profile profile = DefaultProfile();
  profile.metrics_page_bytes = 65'536;
  const Engine engine(profile, story_);
  std::string page;
  AppendMetricsPage({.engine = engine, .model = "tiny"}, page);
  EXPECT_GE(page.size(), 65'536u);
  EXPECT_LT(page.size(), 70'000u);
}

}  // namespace
}  // namespace fairway::modelsim
