#include "gateway/trace_parent.h"

#include <gtest/gtest.h>

#include <set>

namespace fairway::gateway {
namespace {

constexpr const char* kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceParent, KnowsOneThatHolds) {
  EXPECT_TRUE(IsTraceParent(kGood));
  EXPECT_TRUE(IsTraceParent("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00"));
  EXPECT_TRUE(IsTraceParent("cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"));
  EXPECT_TRUE(IsTraceParent("cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more"));
}

TEST(TraceParent, AndOneThatDoesNot) {
  for (const char* bad : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                          "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01.more",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x"})
    EXPECT_FALSE(IsTraceParent(bad)) << bad;
}

TEST(TraceParent, ARequestHasItOnce) {
  http::Fields fields;
  EXPECT_FALSE(HasTraceParent(fields));
  fields.Add("TraceParent", kGood);
  EXPECT_TRUE(HasTraceParent(fields));
  fields.Add("traceparent", kGood);
  EXPECT_FALSE(HasTraceParent(fields));
}

TEST(TraceParent, MadeOnesHoldAndDiffer) {
  base::Rng rng(7);
  std::set<std::string> made;
  for (int i = 0; i < 100; ++i) made.insert(NewTraceParent(rng));
  EXPECT_EQ(made.size(), 100u);
  for (const std::string& one : made) {
    EXPECT_TRUE(IsTraceParent(one)) << one;
    EXPECT_TRUE(one.starts_with("00-") && one.ends_with("-00")) << one;
  }
}

}  // namespace
}  // namespace fairway::gateway
