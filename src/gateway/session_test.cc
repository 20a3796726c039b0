#include "gateway/session.h"

#include <gtest/gtest.h>

namespace fairway::gateway {
namespace {

TEST(SessionTokenTest, ComesInAHeaderOrACookie) {
  http::Fields fields;
  EXPECT_EQ(FindSessionToken(fields, "x-session-token", "session"), "");
  fields.Add("Cookie", "a=1; sessions=no; session=two;b=3");
  EXPECT_EQ(FindSessionToken(fields, "x-session-token", "session"), "two");
  EXPECT_EQ(FindSessionToken(fields, "x-session-token", ""), "");
  EXPECT_EQ(FindSessionToken(fields, "x-session-token", "c"), "");
  fields.Add("X-Session-Token", "one");
  EXPECT_EQ(FindSessionToken(fields, "x-session-token", "session"), "one");
}

TEST(SessionTokenTest, CookiesMayComeInSeveralFields) {
  http::Fields fields;
  fields.Add("cookie", "a=1");
  fields.Add("cookie", "session=x");
  EXPECT_EQ(FindSessionToken(fields, "t", "session"), "x");
}

}  // namespace
}  // namespace fairway::gateway
