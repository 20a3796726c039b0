#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

// zone a with a GPU, zone b, no labels.
struct Zones : Field {
  Zones() : Field(3) {
    endpoints[0].labels = {{"gpu", "h100"}, {"zone", "a"}};
    endpoints[1].labels = {{"zone", "b"}};
  }
};

std::vector<uint8_t> Kept(std::string_view params,
                          std::string_view type = "label-selector-filter") {
  return Zones().Kept(*MakeOne<sched::Filter>(type, params));
}

using Marks = std::vector<uint8_t>;

TEST(LabelSelectorFilter, MatchLabels) {
  EXPECT_EQ(Kept(""), (Marks{1, 1, 1}));
  EXPECT_EQ(Kept("matchLabels: {zone: a}"), (Marks{1, 0, 0}));
  EXPECT_EQ(Kept("matchLabels: {zone: a, gpu: h100}"), (Marks{1, 0, 0}));
  EXPECT_EQ(Kept("matchLabels: {zone: b, gpu: h100}"), (Marks{0, 0, 0}));
}

TEST(LabelSelectorFilter, MatchExpressions) {
  EXPECT_EQ(Kept("matchExpressions: [{key: zone, operator: In, values: [a, b]}]"),
            (Marks{1, 1, 0}));
  EXPECT_EQ(Kept("matchExpressions: [{key: zone, operator: NotIn, values: [a]}]"),
            (Marks{0, 1, 1}));
  EXPECT_EQ(Kept("matchExpressions: [{key: gpu, operator: Exists}]"), (Marks{1, 0, 0}));
  EXPECT_EQ(Kept("matchExpressions: [{key: gpu, operator: DoesNotExist}]"), (Marks{0, 1, 1}));
  EXPECT_EQ(Kept("{matchLabels: {zone: b}, matchExpressions: [{key: gpu, operator: "
                 "DoesNotExist}]}"),
            (Marks{0, 1, 0}));
}

TEST(LabelSelectorFilter, Complaints) {
  EXPECT_EQ(MakeComplaint("label-selector-filter",
                          "matchExpressions: [{key: a, operator: Like, values: [x]}]"),
            "x.yaml:1: matchExpressions[0].operator: expected In, NotIn, Exists or DoesNotExist, "
            "got \"Like\"");
  EXPECT_EQ(MakeComplaint("label-selector-filter", "matchExpressions: [{key: a, operator: In}]"),
            "x.yaml:1: matchExpressions[0].values: In needs values");
  EXPECT_EQ(MakeComplaint("label-selector-filter",
                          "matchExpressions: [{key: a, operator: Exists, values: [x]}]"),
            "x.yaml:1: matchExpressions[0].values: Exists has no values");
  EXPECT_EQ(MakeComplaint("label-selector-filter", "matchLabels: [a]"),
            "x.yaml:1: matchLabels: expected a map, got a list");
}

TEST(ByLabelFilter, TheOlderForm) {
  EXPECT_EQ(Kept("{label: zone, validValues: [a]}", "by-label"), (Marks{1, 0, 0}));
  EXPECT_EQ(Kept("{label: zone, validValues: [a], allowsNoLabel: true}", "by-label"),
            (Marks{1, 0, 1}));
  EXPECT_EQ(Kept("", "by-label"), (Marks{1, 1, 1}));
}

}  // namespace
}  // namespace fairway::plugins
