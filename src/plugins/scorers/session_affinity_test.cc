#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kType = "session-affinity-scorer";

TEST(SessionAffinityScorer, OneWhereTheSessionWas) {
  const auto scorer = MakeOne<sched::Scorer>(kType);
  Field field(3);
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 0, 0}));
  field.request.session = {1, 1};
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 1, 0}));
  field.request.session = {1, 2};  // its slot has another endpoint now
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 0, 0}));
}

std::optional<sched::SessionNames> Asked(std::string_view params) {
  data::Learned learned;
  sched::HostNeeds needs;
  sched::Context context{.name = kType, .learned = learned, .needs = needs};
  const auto node = config::ParseYamlDocument(params, "x.yaml");
  const auto make = std::get<sched::Make<sched::Scorer>>(sched::FindSpec(All(), kType)->make);
  EXPECT_TRUE(make(*node, context).ok());
  return needs.session;
}

TEST(SessionAffinityScorer, AsksForHeaderAndCookie) {
  EXPECT_EQ(Asked(""), (sched::SessionNames{"x-session-token", ""}));
  EXPECT_EQ(Asked("{encodedEndpointHeaderConfig: {header: X-Mine}, cookie: seat}"),
            (sched::SessionNames{"x-mine", "seat"}));
}

TEST(SessionAffinityScorer, Parameters) {
  EXPECT_EQ(MakeComplaint(kType, "strategy: session_id"),
            "x.yaml:1: strategy: expected encoded_endpoint_header");
  EXPECT_EQ(MakeComplaint(kType, "cookie: \"a b\""),
            "x.yaml:1: cookie: is not the name of a cookie");
  EXPECT_EQ(MakeComplaint(kType, "encodedEndpointHeaderConfig: {haeder: x}"),
            "x.yaml:1: encodedEndpointHeaderConfig.haeder: unknown field; did you mean "
            "\"header\"?");
}

}  // namespace
}  // namespace fairway::plugins
