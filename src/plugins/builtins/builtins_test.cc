#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

sched::HostNeeds Needs(std::string_view type, std::string_view params) {
  data::Learned learned;
  sched::HostNeeds needs;
  sched::Context context{.name = type, .learned = learned, .needs = needs};
  const auto node = config::ParseYamlDocument(params, "x.yaml");
  EXPECT_TRUE(node.ok());
  const auto read = std::get<sched::ReadParams>(sched::FindSpec(All(), type)->make)(*node, context);
  EXPECT_TRUE(read.ok()) << read.message();
  return needs;
}

TEST(BuiltIns, SourcesSayWhereToAsk) {
  const sched::HostNeeds metrics =
      Needs("metrics-data-source", "{path: /prom, interval: 50ms, scheme: http}");
  EXPECT_EQ(metrics.metrics_path, "/prom");
  EXPECT_EQ(metrics.metrics_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(Needs("models-data-source", "path: /models").models_path, "/models");
  EXPECT_EQ(Needs("file-discovery", "{path: /etc/e.yaml, watchFile: true}").endpoints_file,
            "/etc/e.yaml");
  EXPECT_EQ(MakeComplaint("metrics-data-source", "path: metrics"),
            "x.yaml:1: path: expected a path that begins with /");
  EXPECT_EQ(Needs("metrics-data-source", "port: 8002").metrics_port, 8002);
  EXPECT_EQ(MakeComplaint("models-data-source", "port: 9090"),
            "x.yaml:1: port: models are asked at the server's address");
  EXPECT_EQ(MakeComplaint("metrics-data-source", "caCertPath: x"),
            "x.yaml:1: caCertPath: has no part in this program: certificates are as for requests");
}

TEST(BuiltIns, EnginesAreMapped) {
  const sched::HostNeeds needs = Needs("core-metrics-extractor", R"(
engineLabelKey: engine
defaultEngine: mine
engineConfigs:
- name: mine
  queuedRequestsSpec: my_queue{kind=waiting}
  kvUsageSpec: ""
  cacheInfoSpec: my_info
  cacheBlockSizeLabelName: size
)");
  EXPECT_EQ(needs.engine_label_key, "engine");
  EXPECT_EQ(needs.default_engine, "mine");
  ASSERT_EQ(needs.engines.size(), 1u);
  const data::EngineMapping& engine = needs.engines[0];
  EXPECT_EQ(engine.queued, (data::SeriesName{"my_queue", {{"kind", "waiting"}}}));
  EXPECT_TRUE(engine.kv_usage.empty());
  EXPECT_EQ(engine.block_size_label, "size");
}

TEST(BuiltIns, EnginesComplain) {
  constexpr std::string_view kType = "core-metrics-extractor";
  EXPECT_EQ(MakeComplaint(kType, "engineConfigs: [{name: a, kvUsageSpec: \"a b\"}]"),
            "x.yaml:1: engineConfigs[0].kvUsageSpec: \"a b\" is not the name of a metric");
  EXPECT_EQ(MakeComplaint(kType, "engineConfigs: [{name: default}]"),
            "x.yaml:1: engineConfigs[0].name: \"default\" is reserved; name the engine and set "
            "defaultEngine");
  EXPECT_EQ(MakeComplaint(kType, "engineConfigs: [{name: a}, {name: a}]"),
            "x.yaml:1: engineConfigs[1]: an engine named \"a\" stands above");
  EXPECT_EQ(MakeComplaint(kType, "engineConfigs: [{nmae: a}]"),
            "x.yaml:1: engineConfigs[0].name: missing\n"
            "x.yaml:1: engineConfigs[0].nmae: unknown field; did you mean \"name\"?");
}

TEST(BuiltIns, WhatWeLackIsRefused) {
  EXPECT_EQ(MakeComplaint("inflight-load-producer", "addEstimatedOutputTokens: false"), "");
  EXPECT_EQ(MakeComplaint("inflight-load-producer", "addEstimatedOutputTokens: true"),
            "x.yaml:1: addEstimatedOutputTokens: has no part in this program");
  EXPECT_EQ(MakeComplaint("token-producer", "vllm: {url: \"http://x\"}"),
            "x.yaml:1: vllm: has no part in this program: tokens are estimated");
  EXPECT_EQ(MakeComplaint("token-producer", "estimate: {}"), "");
}

}  // namespace
}  // namespace fairway::plugins
