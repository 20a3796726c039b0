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
  EXPECT_EQ(fault->first_byte_delay, 150ms);
  EXPECT_EQ(fault->lasts, 2s);
}

TEST(Fault, EveryModeHasItsName) {
  for (const char* name : {"none", "hang", "error", "close", "slow", "refuse-new"}) {
    const auto fault = ParseFault(std::string("{\"mode\":\"") + name + "\"}");
    ASSERT_TRUE(fault.ok()) << name;
    EXPECT_EQ(FaultName(fault->mode), name);
  }
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
