#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kType = "utilization-filter";
using Marks = std::vector<uint8_t>;

struct Loaded : Field {
  Loaded() : Field(4) {
    Set(candidates.mutable_waiting(), {0, 5, 6, 100});
    Set(candidates.mutable_running(), {1, 1, 1, 1});
    Set(candidates.mutable_kv_usage(), {0.95f, 0.5f, 0.5f, 0.1f});
    Set(candidates.mutable_in_flight_requests(), {0, 1, 2, 3});
  }
  Marks Of(std::string_view params) { return Kept(*MakeOne<sched::Filter>(kType, params)); }
};

TEST(UtilizationFilter, EveryConditionMustHold) {
  Loaded field;
  EXPECT_EQ(field.Of(""), (Marks{1, 1, 1, 1}));
  EXPECT_EQ(field.Of("conditions: [{metric: waiting-queue, maxValue: 5}]"), (Marks{1, 1, 0, 0}));
  EXPECT_EQ(field.Of("conditions: [{metric: waiting-queue, maxValue: 5}, "
                     "{metric: kv-cache-utilization, maxValue: 0.9}]"),
            (Marks{0, 1, 0, 0}));
  EXPECT_EQ(field.Of("conditions: [{metric: active-requests, maxValue: 2}]"), (Marks{1, 1, 1, 0}));
}

TEST(UtilizationFilter, NobodyOrEverybody) {
  Loaded field;
  EXPECT_EQ(field.Of("conditions: [{metric: running-requests, maxValue: 0.5}]"),
            (Marks{0, 0, 0, 0}));
  EXPECT_EQ(field.Of("{conditions: [{metric: running-requests, maxValue: 0.5}], "
                     "fallbackOnEmpty: true}"),
            (Marks{1, 1, 1, 1}));
}

TEST(UtilizationFilter, Complaints) {
  EXPECT_EQ(MakeComplaint(kType, "conditions: [{metric: queue, maxValue: 1}]"),
            "x.yaml:1: conditions[0].metric: expected active-requests, running-requests, "
            "waiting-queue or kv-cache-utilization, got \"queue\"");
  EXPECT_EQ(MakeComplaint(kType, "conditions: [{metric: kv-cache-utilization, maxValue: 80}]"),
            "x.yaml:1: conditions[0].maxValue: kv-cache-utilization is from 0 to 1");
  EXPECT_EQ(MakeComplaint(kType, "conditions: [{metric: waiting-queue}]"),
            "x.yaml:1: conditions[0].maxValue: missing");
}

}  // namespace
}  // namespace fairway::plugins
