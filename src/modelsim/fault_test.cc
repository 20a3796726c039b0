#include "modelsim/fault.h"

#include <gtest/gtest.h>

#include <chrono>

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

TEST(Fault, ReadsEveryKey) {
  const auto fault = ParseFault(R"({"mode":"close","code":503,"after_chunks":3,"with":"fin",)"
                                R"("first_byte_delay_ms":150,"for_ms":2000})");
  ASSERT_TRUE(fault.ok()) << fault.status().ToString();
  EXPECT_EQ(fault->mode, FaultMode::kClose);
  EXPECT_EQ(fault->code, 503);
  EXPECT_EQ(fault->after_chunks, 3u);
  EXPECT_EQ(fault->close_with, CloseWith::kFin);
  EXPECT_EQ(fault->delay, 150ms);
  EXPECT_EQ(fault->lasts, 2s);
}

TEST(Fault, EveryModeHasItsName) {
  for (const char* name :
       {"none", "hang", "error", "close", "slow", "refuse-new", "silent", "wrong-content", "crash",
        "drain", "stale-metrics", "garbled-metrics", "slow-metrics", "no-metrics"}) {
    const auto fault = ParseFault(std::string("{\"mode\":\"") + name + "\"}");
    ASSERT_TRUE(fault.ok()) << name;
    EXPECT_EQ(FaultName(fault->mode), name);
  }
}

TEST(Fault, TimesAreAlsoWrittenWithTheirUnit) {
  const auto fault = ParseFault(
      R"({"mode": "slow", "delay": "1.5s", "from": "2s", "for": "1m", "probability": 0.25})");
  ASSERT_TRUE(fault.ok()) << fault.status().ToString();
  EXPECT_EQ(fault->delay, 1500ms);
  EXPECT_EQ(fault->from, 2s);
  EXPECT_EQ(fault->lasts, 60s);
  EXPECT_EQ(fault->probability, 0.25);
}

TEST(FaultPlan, NamesItsEndpoints) {
  const auto plan = ParseFaultPlan(R"(
faults:
  - {mode: error, code: 503, endpoints: "0-2,7", from: 10s, for: 5s}
  - mode: hang
  - {mode: slow, delay: 1s, endpoints: 4}
)",
                                   "f.yaml");
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  ASSERT_EQ(plan->size(), 3u);
  std::string concerned;
  for (uint32_t i = 0; i < 9; ++i) concerned += (*plan)[0].Concerns(i) ? 'x' : '.';
  EXPECT_EQ(concerned, "xxx....x.");
  EXPECT_TRUE((*plan)[1].Concerns(999));
  EXPECT_TRUE((*plan)[2].Concerns(4));
  EXPECT_FALSE((*plan)[2].Concerns(3));
  EXPECT_EQ((*plan)[0].fault.from, 10s);
}

TEST(FaultPlan, ComplaintsNameTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"faults:\n  - mode: hang\n  - mode: hung\n", "f.yaml:3"},
      {"faults:\n  - mode: hang\n    endpoints: 3-1\n", "f.yaml:3"},
      {"faults:\n  - code: 503\n", "mode"},
      {"fault: []\n", "f.yaml:1"},
      {"faults:\n  - {mode: error, probability: 2}\n", "f.yaml:2"},
  };
  for (const auto& [text, where] : cases) {
    const auto plan = ParseFaultPlan(text, "f.yaml");
    ASSERT_FALSE(plan.ok()) << text;
    EXPECT_NE(plan.status().message().find(where), std::string::npos) << plan.status().message();
  }
  EXPECT_EQ(LoadFaultPlan("/nowhere.yaml").status().code(), base::Code::kNotFound);
}

TEST(Fault, RefusesTheRest) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"mode":"explode"})", R"({"mode":1})",
        R"({"mode":"error","code":200})", R"({"mode":"error","code":"500"})",
        R"({"mode":"close","after_chunks":-1})", R"({"mode":"close","with":"fire"})",
        R"({"mode":"slow","delay":3})", R"({"mode":"slow","first_byte_delay_ms":1.5})"}) {
    EXPECT_EQ(ParseFault(text).status().code(), base::Code::kInvalid) << text;
  }
}

}  // namespace
}  // namespace fairway::modelsim
