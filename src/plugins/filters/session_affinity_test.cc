#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(SessionAffinityFilter, KeepsTheSessionsEndpointIfItIsThere) {
  const auto filter = MakeOne<sched::Filter>("session-affinity-filter");
  Field field(3);
  EXPECT_EQ(field.Kept(*filter), (std::vector<uint8_t>{1, 1, 1}));
  field.request.session = {2, 1};
  EXPECT_EQ(field.Kept(*filter), (std::vector<uint8_t>{0, 0, 1}));
  field.request.session = {2, 9};  // gone
  EXPECT_EQ(field.Kept(*filter), (std::vector<uint8_t>{1, 1, 1}));
}

TEST(SessionAffinityFilter, TheTokenTravelsOneWay) {
  data::Learned learned;
  sched::HostNeeds needs;
  needs.session = {"x-other", ""};
  sched::Context context{.name = "f", .learned = learned, .needs = needs};
  const auto node = config::ParseYamlDocument("", "x.yaml");
  const auto make =
      std::get<sched::Make<sched::Filter>>(sched::FindSpec(All(), "session-affinity-filter")->make);
  EXPECT_FALSE(make(*node, context).ok());
}

}  // namespace
}  // namespace fairway::plugins
