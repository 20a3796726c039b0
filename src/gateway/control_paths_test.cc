#include "gateway/control_paths.h"

#include <gtest/gtest.h>

namespace fairway::gateway {
namespace {

TEST(ControlPathTest, KnowsEachEnginesOwn) {
  for (const std::string_view path : {"/metrics",
                                      "/metrics/",
                                      "/prometheus/metrics",
                                      "/pause",
                                      "/sleep",
                                      "/wake_up",
                                      "/abort_requests",
                                      "/collective_rpc",
                                      "/update_weights",
                                      "/reset_prefix_cache",
                                      "/v1/load_lora_adapter",
                                      "/v1/unload_lora_adapter",
                                      "/flush_cache",
                                      "/release_memory",
                                      "/update_weights_from_disk",
                                      "/hicache/storage-backend/clear",
                                      "/adapters/x",
                                      "/v1/models/org/load",
                                      "/v2/repository/index",
                                      "/v2/repository/models/m/load",
                                      "/v2/models/m/stats",
                                      "/v2/models/m/versions/1/trace/setting",
                                      "/server_info"}) {
    EXPECT_TRUE(IsControlPath(path)) << path;
  }
}

TEST(ControlPathTest, HoweverItIsWritten) {
  for (const std::string_view path :
       {"//metrics", "/./metrics", "/v1/../metrics", "/%6detrics", "/%256detrics", "/METRICS",
        "/v1%2f..%2fmetrics", "/v1\\..\\metrics", "/metrics;x=1", "/v1/%2e%2e/metrics",
        "/..//pause/."}) {
    EXPECT_TRUE(IsControlPath(path)) << path;
  }
}

TEST(ControlPathTest, LeavesInferenceAndHarmlessQuestionsAlone) {
  for (const std::string_view path : {"/",
                                      "",
                                      "*",
                                      "/health",
                                      "/version",
                                      "/ping",
                                      "/tokenize",
                                      "/v1/models",
                                      "/v1/models/load",
                                      "/v1/chat/completions",
                                      "/v1/metricsx",
                                      "/x/metrics",
                                      "/classify",
                                      "/v2/models/m/infer",
                                      "/v2/models/m/generate_stream",
                                      "/generate",
                                      "/v1/images/generations",
                                      "/%",
                                      "/%zz",
                                      "/pausex",
                                      "/v1/responses/resp_1"}) {
    EXPECT_FALSE(IsControlPath(path)) << path;
  }
}

TEST(ComparablePathTest, IsOneFormForAll) {
  EXPECT_EQ(ComparablePath("/Metrics//./x%2Fy/"), "/metrics/x/y");
  EXPECT_EQ(ComparablePath("/../.."), "/");
  EXPECT_EQ(ComparablePath(""), "/");
}

}  // namespace
}  // namespace fairway::gateway
