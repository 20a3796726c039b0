#include "json/reader.h"

#include <gtest/gtest.h>

namespace fairway::json {
namespace {

TEST(ReaderTest, ReadsADocument) {
  Reader reader;
  const auto root =
      reader.Read(R"({"object":"list","data":[{"id":"tiny","len":4096,"ok":true,"x":null},)"
                  R"({"id":"lo\u0072a"}],"f":0.5})");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ((*root)["object"].String(), "list");
  EXPECT_EQ((*root)["f"].Double(), 0.5);
  EXPECT_EQ((*root)["f"].Int(), std::nullopt);
  const std::vector<Value> data = (*root)["data"].Elements();
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data[0]["len"].Int(), 4096);
  EXPECT_EQ(data[0]["len"].Double(), 4096);
  EXPECT_EQ(data[0]["ok"].Bool(), true);
  EXPECT_EQ(data[0]["x"].kind(), Kind::kNull);
  EXPECT_EQ(data[1]["id"].String(), "lora");
  EXPECT_EQ(data[1].Raw(), R"({"id":"lo\u0072a"})");
  const std::vector<Member> members = data[0].Members();
  ASSERT_EQ(members.size(), 4u);
  EXPECT_EQ(members[1].key, "len");
  EXPECT_EQ(members[1].value.Int(), 4096);
}

TEST(ReaderTest, WhatIsNotThereIsMissing) {
  Reader reader;
  const Value root = *reader.Read(R"({"a":[1]})");
  EXPECT_FALSE(root["b"]);
  EXPECT_FALSE(root["b"]["c"]["d"]);
  EXPECT_FALSE(root["a"]["c"]);
  EXPECT_EQ(root["b"].String(), std::nullopt);
  EXPECT_TRUE(root["b"].Elements().empty());
  EXPECT_TRUE(root["b"].Raw().empty());
  EXPECT_EQ(root["a"].Int(), std::nullopt);
  EXPECT_TRUE(root["a"].Members().empty());
  EXPECT_FALSE(Value());
}

TEST(ReaderTest, OfTwoMembersTheLastCounts) {
  Reader reader;
  EXPECT_EQ((*reader.Read(R"({"a":1,"\u0061":2})"))["a"].Int(), 2);
}

TEST(ReaderTest, RefusesAndRecovers) {
  Reader reader;
  EXPECT_EQ(reader.Read("{").status().code(), base::Code::kInvalid);
  EXPECT_EQ(reader.Read(std::string(100, '[')).status().code(), base::Code::kExhausted);
  EXPECT_EQ((*reader.Read("3")).Int(), 3);
}

}  // namespace
}  // namespace fairway::json
