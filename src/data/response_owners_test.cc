#include "data/response_owners.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::data {
namespace {

std::string Id(int i) { return "resp_" + std::to_string(i); }

TEST(ResponseOwnersTest, RemembersTheLatestOwner) {
  ResponseOwners owners;
  EXPECT_EQ(owners.Find("resp_1"), std::nullopt);
  owners.Note("resp_1", {.slot = 3, .generation = 1});
  owners.Note("resp_2", {.slot = 4, .generation = 1});
  EXPECT_EQ(owners.Find("resp_1"), (model::EndpointId{3, 1}));
  owners.Note("resp_1", {.slot = 4, .generation = 2});
  EXPECT_EQ(owners.Find("resp_1"), (model::EndpointId{4, 2}));
  EXPECT_EQ(owners.Find("resp_2"), (model::EndpointId{4, 1}));
  EXPECT_EQ(owners.Find(""), std::nullopt);
}

TEST(ResponseOwnersTest, IsBoundedAndForgetsWhatNobodyAsksFor) {
  ResponseOwners owners;
  constexpr int kNoted = 4 * static_cast<int>(ResponseOwners::kMaxResponses);
  owners.Note("asked", {.slot = 9, .generation = 1});
  for (int i = 0; i < kNoted; ++i) {
    owners.Note(Id(i), {.slot = 1, .generation = 1});
    // Far more often than eight others can come into its bucket.
    if (i % 1000 == 0) {
      ASSERT_TRUE(owners.Find("asked")) << i;
    }
  }
  int remembered = 0;
  for (int i = 0; i < kNoted; ++i) remembered += owners.Find(Id(i)) ? 1 : 0;
  EXPECT_LE(remembered, static_cast<int>(ResponseOwners::kMaxResponses));
  EXPECT_GT(remembered, static_cast<int>(ResponseOwners::kMaxResponses) * 9 / 10);
  EXPECT_TRUE(owners.Find(Id(kNoted - 1)));
  EXPECT_FALSE(owners.Find(Id(0)));
}

}  // namespace
}  // namespace fairway::data
