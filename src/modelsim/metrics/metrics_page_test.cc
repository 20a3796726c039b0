#include "modelsim/metrics/metrics_page.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <sstream>

namespace fairway::modelsim {
namespace {

class MetricsPageTest : public testing::Test {
 protected:
  std::string Render(std::string_view model = "tiny") {
    std::string out;
    AppendMetricsPage({engine_, model, adapters_}, out);
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
};

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

TEST_F(MetricsPageTest, EveryFamilyIsDeclaredOnceBeforeItsSamples) {
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
    std::string family = line.substr(0, line.find('{'));
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (!family.ends_with(suffix)) continue;
      const std::string stem = family.substr(0, family.size() - suffix.size());
      if (declared.contains(stem)) family = stem;
    }
    EXPECT_TRUE(declared.contains(family)) << line;
  }
  EXPECT_GT(declared.size(), 15u);
}

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
  AppendMetricsPage({engine, "tiny", {}}, page);
  EXPECT_GE(page.size(), 65'536u);
  EXPECT_LT(page.size(), 70'000u);
}

}  // namespace
}  // namespace fairway::modelsim
