#include "json/text.h"

#include <gtest/gtest.h>

namespace fairway::json {
namespace {

std::string Decoded(std::string_view raw) {
  std::string out;
  return Unescape(raw, out) ? out : "malformed";
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(text, out);
  return out;
}

TEST(UnescapeTest, Decodes) {
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("plain"), "plain");
  EXPECT_EQ(Decoded(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Decoded(R"(mod\u0065l)"), "model");
  EXPECT_EQ(Decoded(R"(\u00e9\u20AC)"), "\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(Decoded(R"(\ud83d\ude00!)"), "\xf0\x9f\x98\x80!");
  EXPECT_EQ(Decoded(R"(a\u0000b)"), std::string("a\0b", 3));
}

TEST(UnescapeTest, LoneSurrogatesBecomeReplacements) {
  EXPECT_EQ(Decoded(R"(\ud83d)"), "\xef\xbf\xbd");
  EXPECT_EQ(Decoded(R"(\ude00x)"), "\xef\xbf\xbdx");
  EXPECT_EQ(Decoded(R"(\ud83d\ud83d\ude00)"), "\xef\xbf\xbd\xf0\x9f\x98\x80");
  EXPECT_EQ(Decoded(R"(\ud83d\n)"), "\xef\xbf\xbd\n");
}

TEST(UnescapeTest, RefusesMalformedEscapes) {
  for (const std::string_view raw : {R"(\)", R"(\q)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\u-123)",
                                     R"(a\x41)", R"(\ud83d\u12)"}) {
    EXPECT_EQ(Decoded(raw), "malformed") << raw;
  }
}

TEST(AppendQuotedTest, EscapesWhatJsonMust) {
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("\n\r\t\x01\x1f"), R"("\n\r\t\u0001\u001f")");
  EXPECT_EQ(Quoted("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"");
  EXPECT_EQ(Quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(AppendQuotedTest, ReplacesWhatIsNotUtf8) {
  const std::string replaced = "\"\xef\xbf\xbd\"";
  EXPECT_EQ(Quoted("\xff"), replaced);
  EXPECT_EQ(Quoted("\xc3"), replaced);
  EXPECT_EQ(Quoted("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong NUL
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80").size(), 2u + 4 * 3);                       // above U+10FFFF
  EXPECT_EQ(Quoted("\xe2\x82z"), "\"\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST(AppendQuotedTest, ReadsBackForEveryByte) {
  for (int c = 0; c < 128; ++c) {
    const std::string text = "x" + std::string(1, static_cast<char>(c)) + "y";
    const std::string quoted = Quoted(text);
    EXPECT_EQ(Decoded(std::string_view(quoted).substr(1, quoted.size() - 2)), text) << c;
  }
}

TEST(RawEqualsTest, SeesThroughEscapes) {
  EXPECT_TRUE(RawEquals("model", "model"));
  EXPECT_TRUE(RawEquals(R"(mod\u0065l)", "model"));
  EXPECT_FALSE(RawEquals(R"(mod\u0066l)", "model"));
  EXPECT_FALSE(RawEquals(R"(mod\q)", "model"));
  EXPECT_FALSE(RawEquals("models", "model"));
}

TEST(NumberTest, Reads) {
  EXPECT_EQ(ToInt("-12"), -12);
  EXPECT_EQ(ToInt("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ToInt("9223372036854775808"), std::nullopt);
  EXPECT_EQ(ToInt("1.0"), std::nullopt);
  EXPECT_EQ(ToInt(""), std::nullopt);
  EXPECT_EQ(ToDouble("0.25"), 0.25);
  EXPECT_EQ(ToDouble("1e3"), 1000);
  EXPECT_EQ(ToDouble("1e999"), std::nullopt);
}

}  // namespace
}  // namespace fairway::json
