#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace fairway::base {
namespace {

Result<std::unique_ptr<int>> Positive(int x) {
  if (x <= 0) return Status(Code::kInvalid, "not positive");
  return std::make_unique<int>(x);
}

Result<int> Twice(int x) { return *TRY(Positive(x)) * 2; }

Status Checked(int x) {
  TRY_STATUS(StatusOf(Positive(x)));
  return {};
}

TEST(Status, TryPassesTheValueOn) { EXPECT_EQ(*Twice(3), 6); }

TEST(Status, TryReturnsTheFailure) { EXPECT_EQ(Twice(-1).status().code(), Code::kInvalid); }

TEST(Status, TryStatusReturnsTheFailure) {
  EXPECT_TRUE(Checked(1).ok());
  EXPECT_EQ(Checked(0).code(), Code::kInvalid);
}

TEST(Status, ContextStandsBeforeTheMessage) {
  EXPECT_EQ(Twice(0).status().Within("doubling").ToString(), "invalid: doubling: not positive");
  EXPECT_TRUE(Status().Within("anything").ok());
}

}  // namespace
}  // namespace fairway::base
