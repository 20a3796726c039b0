#include "http/fields.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::http {
namespace {

TEST(FieldsTest, FindsWithoutRegardToCase) {
  Fields fields;
  EXPECT_TRUE(fields.Add("Content-Type", "a"));
  EXPECT_TRUE(fields.Add("content-type", "b"));
  EXPECT_EQ(fields.Find("CONTENT-TYPE"), "a");
  EXPECT_EQ(fields.Find("content-typ"), std::nullopt);
  EXPECT_EQ(fields.Find(""), std::nullopt);
}

TEST(FieldsTest, CaseIsAsciiAlone) {
  EXPECT_TRUE(EqualsIgnoreCase("aZ-9", "Az-9"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));  // differ in the bit that makes a case
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
}

TEST(FieldsTest, Tokens) {
  EXPECT_TRUE(HasToken("close", "close"));
  EXPECT_TRUE(HasToken("a ,\t Close , b", "close"));
  EXPECT_TRUE(HasToken(",,close", "close"));
  EXPECT_FALSE(HasToken("closed", "close"));
  EXPECT_FALSE(HasToken("", "close"));
  EXPECT_FALSE(HasToken("a close", "close"));
  Fields fields;
  fields.Add("connection", "x");
  fields.Add("connection", "y, z");
  EXPECT_TRUE(fields.ListHas("Connection", "Z"));
  EXPECT_FALSE(fields.ListHas("Connection", "w"));
}

TEST(FieldsTest, IsBounded) {
  Fields fields;
  for (size_t i = 0; i < Fields::kMax; ++i) EXPECT_TRUE(fields.Add("a", "b"));
  EXPECT_FALSE(fields.Add("a", "b"));
  EXPECT_EQ(fields.size(), Fields::kMax);
  fields.Shrink();
  EXPECT_TRUE(fields.empty());
}

TEST(FieldsTest, HopByHop) {
  EXPECT_TRUE(IsHopByHop("Connection", ""));
  EXPECT_TRUE(IsHopByHop("transfer-encoding", ""));
  EXPECT_TRUE(IsHopByHop("Upgrade", ""));
  EXPECT_TRUE(IsHopByHop("x-secret", "close, X-Secret"));
  EXPECT_FALSE(IsHopByHop("content-length", "close"));
  EXPECT_FALSE(IsHopByHop("x-secre", "x-secret"));
}

}  // namespace
}  // namespace fairway::http
