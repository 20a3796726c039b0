#include "identity/session_token.h"

#include <gtest/gtest.h>

namespace fairway::identity {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kEndpoint = 0x0123456789abcdef;
const base::WallTime kNow{std::chrono::hours(500'000)};

SessionTokens Tokens(std::string_view key = "0123456789abcdef0123456789abcdef") {
  return *SessionTokens::Create(key);
}
std::string Issue(const SessionTokens& tokens) {
  return tokens.Issue(kEndpoint, SessionTokens::EndFor(kNow));
}

TEST(SessionTokens, ComesBackAsItWent) {
  const SessionTokens tokens = Tokens();
  const std::string token = Issue(tokens);
  EXPECT_EQ(token.size(), 38u);
  EXPECT_EQ(tokens.Read(token, kNow), kEndpoint);
  EXPECT_EQ(Tokens().Read(token, kNow), kEndpoint);  // another replica
}

TEST(SessionTokens, EndsAfterAnHour) {
  const SessionTokens tokens = Tokens();
  const std::string token = Issue(tokens);
  EXPECT_TRUE(tokens.Read(token, kNow + 59min + 59s).has_value());
  EXPECT_FALSE(tokens.Read(token, kNow + 60min).has_value());
  EXPECT_TRUE(tokens.Read(token, kNow - 1min).has_value());  // clocks of two replicas differ
  EXPECT_FALSE(tokens.Read(token, kNow - 1h).has_value());
}

TEST(SessionTokens, OneLetterChangedIsNone) {
  const SessionTokens tokens = Tokens();
  const std::string token = Issue(tokens);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.Read(other, kNow).has_value()) << i;
  }
  for (const char* bad : {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ZGVmYXVsdC9wb2Qx"})
    EXPECT_FALSE(tokens.Read(bad, kNow).has_value()) << bad;
}

TEST(SessionTokens, AnotherKeyReadsNothing) {
  const std::string token = Issue(Tokens());
  EXPECT_FALSE(Tokens("another key, just as long").Read(token, kNow).has_value());
  EXPECT_FALSE(SessionTokens::Create("short").ok());
}

TEST(SessionTokens, TellsNothingOfTheEndpoint) {
  const SessionTokens tokens = Tokens();
  // The bytes of the name key do not show, and differ from minute to minute.
  const std::string first = tokens.Issue(0, SessionTokens::EndFor(kNow));
  const std::string later = tokens.Issue(0, SessionTokens::EndFor(kNow + 1min));
  EXPECT_EQ(first.find("AAAAAAAA"), std::string::npos);
  EXPECT_NE(first.substr(6, 10), later.substr(6, 10));
}

TEST(SessionIssuer, MakesOneAMinuteForAnEndpoint) {
  const SessionTokens tokens = Tokens();
  SessionIssuer issuer;
  const std::string first(issuer.TokenFor(tokens, kEndpoint, kNow));
  EXPECT_EQ(first, Issue(tokens));
  EXPECT_EQ(issuer.TokenFor(tokens, kEndpoint, kNow + 10s), first);
  EXPECT_NE(issuer.TokenFor(tokens, kEndpoint, kNow + 60s), first);
  // Two that share a place in its memory.
  const std::string other(issuer.TokenFor(tokens, kEndpoint + 64, kNow));
  EXPECT_EQ(tokens.Read(other, kNow), kEndpoint + 64);
  EXPECT_EQ(issuer.TokenFor(tokens, kEndpoint, kNow), first);
  const SessionTokens changed = Tokens("another key, just as long");
  issuer.Clear();
  EXPECT_NE(issuer.TokenFor(changed, kEndpoint, kNow), first);
}

TEST(CookieValue, OneAmongMany) {
  EXPECT_EQ(CookieValue("a=1; seat=xyz; b=2", "seat"), "xyz");
  EXPECT_EQ(CookieValue("seat=\"xyz\"", "seat"), "xyz");
  EXPECT_EQ(CookieValue("myseat=1;seat=2", "seat"), "2");
  EXPECT_EQ(CookieValue("seat=", "seat"), "");
  EXPECT_EQ(CookieValue("seats=1; =; ;seat", "seat"), "");
  EXPECT_EQ(CookieValue("", "seat"), "");
}

TEST(SessionCookie, IsForThisHostOnly) {
  EXPECT_EQ(SessionCookie("seat", "xyz"), "seat=xyz; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
}

}  // namespace
}  // namespace fairway::identity
