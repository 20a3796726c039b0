#include "obs/utf8.h"

#include <gtest/gtest.h>

namespace fairway::obs {
namespace {

TEST(Utf8, TakesEveryLength) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("llama"));
  EXPECT_TRUE(IsUtf8("\xc3\xa9"));          // U+00E9
  EXPECT_TRUE(IsUtf8("\xe2\x82\xac"));      // U+20AC
  EXPECT_TRUE(IsUtf8("\xf0\x9f\x98\x80"));  // U+1F600
  EXPECT_TRUE(IsUtf8("\xed\x9f\xbf"));      // U+D7FF, the last before the surrogates
  EXPECT_TRUE(IsUtf8("\xf4\x8f\xbf\xbf"));  // U+10FFFF
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
  EXPECT_FALSE(IsUtf8("\x80"));              // a continuation alone
  EXPECT_FALSE(IsUtf8("\xc3"));              // cut short
  EXPECT_FALSE(IsUtf8("\xe2\x82"));          // cut short
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(IsUtf8("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(IsUtf8("\xf0\x80\x80\xaf"));  // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xff"));
  EXPECT_FALSE(IsUtf8("ok\xc3(ok"));
}

}  // namespace
}  // namespace fairway::obs
