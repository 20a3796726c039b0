#include "rt/cpu_quota.h"

#include <gtest/gtest.h>

namespace fairway::rt {
namespace {

TEST(CpuQuota, ReadsVersionTwo) {
  EXPECT_EQ(ParseCpuMax("200000 100000\n"), 2.0);
  EXPECT_EQ(ParseCpuMax("150000 100000"), 1.5);
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
}

TEST(CpuQuota, ReadsVersionOne) {
  EXPECT_EQ(ParseCfsQuota("50000\n", "100000\n"), 0.5);
  EXPECT_EQ(ParseCfsQuota("-1\n", "100000\n"), std::nullopt);
}

TEST(CpuQuota, WhatIsMalformedIsNoQuota) {
  for (const char* text : {"", "\n", "100000", "a b", "100000 ", "100000 0", "0 100000", "1 2 3",
                           "99999999999999999999 100000"}) {
    EXPECT_EQ(ParseCpuMax(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseCfsQuota("", ""), std::nullopt);
}

TEST(CpuQuota, RoundsUpWithinTheHardwareAndEight) {
  EXPECT_EQ(WorkerCountFor(std::nullopt, 4), 4u);
  EXPECT_EQ(WorkerCountFor(std::nullopt, 64), 8u);
  EXPECT_EQ(WorkerCountFor(std::nullopt, 0), 1u);
  EXPECT_EQ(WorkerCountFor(1.2, 16), 2u);
  EXPECT_EQ(WorkerCountFor(0.1, 16), 1u);
  EXPECT_EQ(WorkerCountFor(2.0, 16), 2u);
  EXPECT_EQ(WorkerCountFor(12.0, 16), 8u);
  EXPECT_EQ(WorkerCountFor(12.0, 4), 4u);
}

TEST(CpuQuota, ThisMachineHasAtLeastOneWorker) {
  EXPECT_GE(DefaultWorkerCount(), 1u);
  EXPECT_LE(DefaultWorkerCount(), 8u);
}

}  // namespace
}  // namespace fairway::rt
