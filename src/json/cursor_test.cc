#include "json/cursor.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::json {
namespace {

base::Status Check(std::string_view text) {
  Index index;
  TRY_STATUS(index.Scan(text));
  Cursor at(index);
  at.Skip();
  return at.Finish();
}

TEST(CursorTest, AcceptsWhatTheGrammarAllows) {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-0", "1.5e-3", "1E+9", "\"\"", "\"a\\\"b\"", "[]", "{}",
        " [ ] ", "\t{\r\n}\n", "[1,2,[3,{}],{\"a\":[]}]", R"({"a":{"b":{"c":null}},"d":"}{"})",
        R"({"":""})", "[\"\\u0000\",\"\xc3\xa9\"]", R"({"a":1,"a":2})", "[\"\\q\"]"}) {
    EXPECT_TRUE(Check(text).ok()) << text << ": " << Check(text).ToString();
  }
}

constexpr std::string_view kNotJson[] = {"",
                                         " ",
                                         "nul",
                                         "nulll",
                                         "tru",
                                         "True",
                                         "+1",
                                         "01",
                                         "-",
                                         "1.",
                                         ".5",
                                         "1e",
                                         "1e+",
                                         "0x1",
                                         "NaN",
                                         "Infinity",
                                         "--1",
                                         "1 2",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "[}",
                                         "{]",
                                         "[1",
                                         "[1,",
                                         "[1,]",
                                         "[,]",
                                         "[,1]",
                                         "[1 2]",
                                         "[1:2]",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{\"a\":1,}",
                                         "{,}",
                                         "{,\"a\":1}",
                                         "{\"a\" 1}",
                                         "{a:1}",
                                         "{1:1}",
                                         "{\"a\":1 \"b\":2}",
                                         "{\"a\":1,,\"b\":2}",
                                         "[1]]",
                                         "{}{}",
                                         "[]x",
                                         "\"a",
                                         "\"a\"b",
                                         "\"a\"\"b\"",
                                         "'a'",
                                         "[\"a\n\"]",
                                         "[\"\xff\"]",
                                         "\xef\xbb\xbf{}",
                                         "[true\"a\"]",
                                         "[1\"a\"]",
                                         ",",
                                         ":",
                                         "//",
                                         "{\"a\":1}/*x*/",
                                         "[\"a\"\x01]",
                                         "{\"a\":1]",
                                         "[{\"a\":1]}"};

TEST(CursorTest, RefusesEverythingElse) {
  for (const std::string_view text : kNotJson) {
    EXPECT_EQ(Check(text).code(), base::Code::kInvalid) << text;
  }
  EXPECT_FALSE(Check(std::string_view("[1]\0", 4)).ok());
  EXPECT_FALSE(Check(std::string_view("\0", 1)).ok());
}

TEST(CursorTest, EveryCutOfADocumentIsRefused) {
  const std::string text = R"({"a":[1,-2.5e3,"x\"y",true],"b":{"c":null,"d":[{},[]]}})";
  ASSERT_TRUE(Check(text).ok());
  for (size_t size = 0; size < text.size(); ++size) {
    // In memory of its own, so that AddressSanitizer sees a read past the cut.
    const std::string cut(text, 0, size);
    EXPECT_FALSE(Check(cut).ok()) << cut;
  }
}

TEST(CursorTest, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  EXPECT_TRUE(Check(nested(Cursor::kMaxDepth)).ok());
  EXPECT_EQ(Check(nested(Cursor::kMaxDepth + 1)).code(), base::Code::kExhausted);
  EXPECT_EQ(Check(std::string(1 << 20, '[')).code(), base::Code::kExhausted);
  // Breadth after depth does not count.
  EXPECT_TRUE(Check("[" + nested(63) + "," + nested(63) + "]").ok());
}

TEST(CursorTest, WalksMembersAndGivesRawText) {
  Index index;
  const std::string text = R"({ "n" : 12 , "s":"a\nb", "skip": {"x": [1, 2]} , "t":true})";
  ASSERT_TRUE(index.Scan(text).ok());
  Cursor at(index);
  std::string seen;
  std::string_view key;
  for (at.EnterObject(); at.NextMember(key);) {
    seen += std::string(key) + "=";
    switch (at.kind()) {
      case Kind::kString:
        seen += at.String();
        break;
      case Kind::kObject:
        seen += at.Skip();
        break;
      default:
        seen += at.Scalar();
    }
    seen += ";";
  }
  EXPECT_TRUE(at.Finish().ok());
  EXPECT_EQ(seen, R"(n=12;s=a\nb;skip={"x": [1, 2]};t=true;)");
}

TEST(CursorTest, WrongKindFailsAndSticks) {
  Index index;
  ASSERT_TRUE(index.Scan("[1,2]").ok());
  Cursor at(index);
  EXPECT_FALSE(at.EnterObject());
  EXPECT_TRUE(at.failed());
  EXPECT_EQ(at.kind(), Kind::kMissing);
  EXPECT_FALSE(at.EnterArray());
  EXPECT_FALSE(at.NextElement());
  EXPECT_TRUE(at.Skip().empty());
  const base::Status status = at.Finish();
  EXPECT_EQ(status.message(), "byte 0: expected an object");
}

TEST(CursorTest, ErrorsNameTheByte) {
  EXPECT_EQ(Check("[1, x]").message(), "byte 4: expected a value");
  EXPECT_EQ(Check("[1] 2").message(), "byte 4: expected the end, found more");
}

TEST(IndexTest, IsReusedAndTrimmed) {
  Index index;
  const std::string big = "\"" + std::string(3 << 20, 'x') + "\"";
  ASSERT_TRUE(index.Scan(big).ok());
  EXPECT_EQ(index.positions().size(), 1u);
  index.Trim();
  EXPECT_TRUE(index.positions().empty());
  ASSERT_TRUE(index.Scan("[1]").ok());
  index.Trim();  // small scratch stays, and what it holds
  EXPECT_EQ(index.positions().size(), 3u);
  EXPECT_FALSE(index.Scan("\"").ok());
  EXPECT_TRUE(index.positions().empty());
}

}  // namespace
}  // namespace fairway::json
