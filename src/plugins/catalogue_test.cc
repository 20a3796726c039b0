#include "plugins/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "plugins/try_plugin.h"
#include "sched/profile.h"

namespace fairway::plugins {
namespace {

TEST(Catalogue, EveryPluginIsNamedOnceAndDescribed) {
  std::set<std::string_view> types;
  for (const sched::PluginSpec* spec : All()) {
    EXPECT_TRUE(types.insert(spec->type).second) << spec->type;
    EXPECT_TRUE(spec->doc.ends_with('.')) << spec->type;
    if (sched::KindName(*spec) != "built-in") {
      EXPECT_TRUE(spec->type.ends_with(sched::KindName(*spec))) << spec->type;
    }
    for (const std::string_view alias : spec->aliases)
      EXPECT_TRUE(types.insert(alias).second) << alias;
  }
}

TEST(Catalogue, EveryPluginIsMadeWithoutParametersAndRefusesUnknownOnes) {
  for (const sched::PluginSpec* spec : All()) {
    EXPECT_EQ(MakeComplaint(spec->type, ""), "") << spec->type;
    EXPECT_EQ(MakeComplaint(spec->type, "qqqqqqqqqqqq: 1"), "x.yaml:1: qqqqqqqqqqqq: unknown field")
        << spec->type;
  }
}

// What the reference promises is read; whether it has the said default only the plugin's test
// tells.
TEST(Catalogue, EveryDocumentedParameterIsKnown) {
  for (const sched::PluginSpec* spec : All()) {
    for (const sched::ParamDoc& param : spec->params) {
      const std::string value(param.fallback.empty() ? "~" : param.fallback);
      EXPECT_EQ(MakeComplaint(spec->type, std::string(param.name) + ": " + value), "")
          << spec->type;
    }
  }
}

TEST(Catalogue, LeastRequestsLooksAtNothingElse) {
  data::Learned learned;
  const auto profile = sched::LeastRequestsProfile(All(), learned);
  ASSERT_EQ(profile->scorers.size(), 1u);
  EXPECT_EQ(profile->scorers[0].name, "active-request-scorer");
  EXPECT_TRUE(profile->producers.empty());
}

TEST(Catalogue, TheServeDefaultIsAsDecided) {
  data::Learned learned;
  const auto profile = sched::ServeDefaultProfile(All(), learned);
  std::string told;
  for (const auto& scorer : profile->scorers)
    told += scorer.name + " " + std::to_string(static_cast<int>(scorer.weight)) + "\n";
  EXPECT_EQ(told,
            "queue-scorer 2\nkv-cache-utilization-scorer 2\nrunning-requests-size-scorer 1\n"
            "prefix-cache-scorer 3\ntoken-load-scorer 2\nlora-affinity-scorer 2\n"
            "session-affinity-scorer 4\n");
  EXPECT_EQ(profile->session, (sched::SessionNames{"x-session-token", ""}));
  EXPECT_EQ(profile->picker.name, "max-score-picker");
  ASSERT_EQ(profile->producers.size(), 1u);
  EXPECT_EQ(profile->producers[0].name, "approx-prefix-cache-producer");
  EXPECT_TRUE(profile->filters.empty());

  // 65,536 tokens score 0 under serve.
  Field field(1);
  Field::Set(field.candidates.mutable_in_flight_tokens(), {32768});
  EXPECT_EQ(field.Scores(*profile->scorers[4].plugin), std::vector<float>{0.5f});
}

}  // namespace
}  // namespace fairway::plugins
