#include "modelsim/response_store.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

TEST(ResponseStore, FindsWhatItKeeps) {
  ResponseStore store;
  store.Keep({"resp_1", "hello", "{}"});
  ASSERT_NE(store.Find("resp_1"), nullptr);
  EXPECT_EQ(store.Find("resp_1")->conversation, "hello");
  EXPECT_EQ(store.Find("resp_2"), nullptr);
  store.Keep({"resp_1", "again", "{}"});
  EXPECT_EQ(store.Find("resp_1")->conversation, "again");
  EXPECT_EQ(store.size(), 1u);
}

TEST(ResponseStore, TheOldestIsForgotten) {
  ResponseStore store;
  for (size_t i = 0; i <= ResponseStore::kMaxResponses; ++i) {
    store.Keep({"resp_" + std::to_string(i), "x", "{}"});
  }
  EXPECT_EQ(store.size(), ResponseStore::kMaxResponses);
  EXPECT_EQ(store.Find("resp_0"), nullptr);
  EXPECT_NE(store.Find("resp_1"), nullptr);
}

TEST(ResponseStore, BytesHaveALimitToo) {
  ResponseStore store;
  for (int i = 0; i < 5; ++i) {
    store.Keep({"resp_" + std::to_string(i), std::string(ResponseStore::kMaxBytes / 4, 'x'), ""});
  }
  EXPECT_EQ(store.size(), 3u);
  EXPECT_NE(store.Find("resp_4"), nullptr);
  store.Keep({"huge", std::string(ResponseStore::kMaxBytes, 'x'), ""});
  EXPECT_EQ(store.Find("huge"), nullptr);
  EXPECT_EQ(store.size(), 3u);
}

}  // namespace
}  // namespace fairway::modelsim
