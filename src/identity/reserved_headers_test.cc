#include "identity/reserved_headers.h"

#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <string>

namespace fairway::identity {
namespace {

const std::map<std::string, HeaderClass>& Known() {
  static const std::map<std::string, HeaderClass> known = {
      {"connection", HeaderClass::kHopByHop},
      {"keep-alive", HeaderClass::kHopByHop},
      {"te", HeaderClass::kHopByHop},
      {"trailer", HeaderClass::kHopByHop},
      {"transfer-encoding", HeaderClass::kHopByHop},
      {"upgrade", HeaderClass::kHopByHop},
      {"http2-settings", HeaderClass::kHopByHop},
      {"proxy-authorization", HeaderClass::kHopByHop},
      {"proxy-authenticate", HeaderClass::kHopByHop},
      {"proxy-connection", HeaderClass::kHopByHop},
      {"x-gateway-destination-endpoint", HeaderClass::kDestination},
      {"x-gateway-destination-endpoint-subset", HeaderClass::kDestination},
      {"x-gateway-destination-endpoint-served", HeaderClass::kDestination},
      {"x-gateway-destination-endpoint-scores", HeaderClass::kDestination},
      {"x-gateway-destination-endpoint-fallback", HeaderClass::kDestination},
      {"test-epp-endpoint-selection", HeaderClass::kDestination},
      {"x-conformance-test-served-endpoint", HeaderClass::kDestination},
      {"x-prefiller-host-port", HeaderClass::kDestination},
      {"x-encoder-hosts-ports", HeaderClass::kDestination},
      {"x-data-parallel-host-port", HeaderClass::kDestination},
      {"x-data-parallel-rank", HeaderClass::kDestination},
      {"x-kv-cache-source-host-port", HeaderClass::kDestination},
      {"x-gateway-inference-objective", HeaderClass::kPolicy},
      {"x-gateway-inference-fairness-id", HeaderClass::kPolicy},
      {"x-gateway-model-name-rewrite", HeaderClass::kPolicy},
      {"x-gateway-model-name", HeaderClass::kPolicy},
      {"x-gateway-base-model-name", HeaderClass::kPolicy},
      {"x-llm-d-inference-objective", HeaderClass::kPolicy},
      {"x-llm-d-inference-fairness-id", HeaderClass::kPolicy},
      {"x-llm-d-model-name-rewrite", HeaderClass::kPolicy},
      {"x-llm-d-slo-ttft-ms", HeaderClass::kPolicy},
      {"x-llm-d-video-fps", HeaderClass::kPolicy},
      {"x-llm-d-request-dropped-reason", HeaderClass::kPolicy},
      {"x-slo-ttft-ms", HeaderClass::kPolicy},
      {"x-slo-tpot-ms", HeaderClass::kPolicy},
      {"x-fairway-endpoint", HeaderClass::kOurs},
      {"x-fairway-anything", HeaderClass::kOurs},
  };
  return known;
}

TEST(ClassifyTest, KnowsTheReservedInAnyCase) {
  for (const auto& [name, wanted] : Known()) {
    std::string upper = name;
    std::string mixed = name;
    for (size_t i = 0; i < name.size(); ++i) {
      upper[i] = static_cast<char>(std::toupper(name[i]));
      if (i % 2 == 0) mixed[i] = upper[i];
    }
    EXPECT_EQ(Classify(name), wanted) << name;
    EXPECT_EQ(Classify(upper), wanted) << upper;
    EXPECT_EQ(Classify(mixed), wanted) << mixed;
  }
}

TEST(ClassifyTest, LeavesTheRestAlone) {
  for (const std::string_view name : {"",
                                      "x",
                                      "x-",
                                      "X-",
                                      "t",
                                      "host",
                                      "content-length",
                                      "content-type",
                                      "accept",
                                      "authorization",
                                      "user-agent",
                                      "cookie",
                                      "expect",
                                      "x-request-id",
                                      "x-forwarded-for",
                                      "x-gateway",
                                      "x-gateway-",
                                      "x-gateway-destination",
                                      "x-fairway",
                                      "x-llm-d",
                                      "x-slo-ttft",
                                      "xx-fairway-a",
                                      "x_fairway-a",
                                      "connections",
                                      "connectio",
                                      "tea",
                                      "proxy",
                                      "upgrade-insecure-requests",
                                      "keep-alives",
                                      "traceparent",
                                      "x-session-id",
                                      "x-prefiller",
                                      "x-data-parallel",
                                      "prefer"}) {
    EXPECT_EQ(Classify(name), HeaderClass::kOrdinary) << name;
  }
}

TEST(NamedInConnectionTest, FindsNamesInTheList) {
  EXPECT_TRUE(NamedInConnection("x-secret", "X-Secret"));
  EXPECT_TRUE(NamedInConnection("close, X-Secret", "x-secret"));
  EXPECT_TRUE(NamedInConnection(" ,,\tx-secret\t,", "x-secret"));
  EXPECT_FALSE(NamedInConnection("x-secret-2", "x-secret"));
  EXPECT_FALSE(NamedInConnection("", "x-secret"));
  EXPECT_FALSE(NamedInConnection("close", "x-secret"));
}

TEST(NamedInConnectionTest, CannotStripWhatAMessageNeeds) {
  EXPECT_FALSE(NamedInConnection("content-length", "Content-Length"));
  EXPECT_FALSE(NamedInConnection("close, authorization", "authorization"));
  EXPECT_FALSE(NamedInConnection("Host", "host"));
}

}  // namespace
}  // namespace fairway::identity
