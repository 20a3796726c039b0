#include "director/reason.h"

#include <gtest/gtest.h>

#include <set>

namespace fairway::director {
namespace {

TEST(Reason, EveryReasonHasAnOwnNameAndAStatus) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kReasonCount; ++i) {
    const ReasonInfo& info = InfoOf(static_cast<Reason>(i));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GE(info.http_status, 200) << info.name;
  }
}

TEST(Reason, TheTableFollowsTheEnum) {
  EXPECT_EQ(InfoOf(Reason::kUnknownModel).name, "unknown-model");
  EXPECT_EQ(InfoOf(Reason::kTimeoutIdle).http_status, 504);
  EXPECT_EQ(InfoOf(Reason::kClientGone).name, "client-gone");
  EXPECT_GT(InfoOf(Reason::kNoEndpoints).retry_after_s, 0);
}

}  // namespace
}  // namespace fairway::director
