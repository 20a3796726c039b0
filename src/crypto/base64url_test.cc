#include "crypto/base64url.h"

#include <gtest/gtest.h>

namespace fairway::crypto {
namespace {

// RFC 4648 section 10, without the padding.
TEST(Base64Url, WritesTheVectorsOfTheRfc) {
  EXPECT_EQ(ToBase64Url(""), "");
  EXPECT_EQ(ToBase64Url("f"), "Zg");
  EXPECT_EQ(ToBase64Url("fo"), "Zm8");
  EXPECT_EQ(ToBase64Url("foo"), "Zm9v");
  EXPECT_EQ(ToBase64Url("foob"), "Zm9vYg");
  EXPECT_EQ(ToBase64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(ToBase64Url("foobar"), "Zm9vYmFy");
}

TEST(Base64Url, UsesTheLettersThatUrlsTake) { EXPECT_EQ(ToBase64Url("\xfb\xff\xbf"), "-_-_"); }

TEST(Base64Url, ReadsBackWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto back = FromBase64Url(ToBase64Url(bytes));
    ASSERT_TRUE(back.ok()) << bytes.size();
    EXPECT_EQ(*back, bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64Url, HasOneTextForEveryStringOfBytes) {
  int accepted = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const auto bytes = FromBase64Url(text);
      if (!bytes.ok()) continue;
      ++accepted;
      EXPECT_EQ(ToBase64Url(*bytes), text);
    }
  }
  EXPECT_EQ(accepted, 256);
}

TEST(Base64Url, RefusesWhatItWouldNotWrite) {
  for (const char* text :
       {"A", "Zm9vA", "Zg==", "Zm9v\n", "Zm+v", "Zm/v", "Z g", "Zh", "Zm9", "\xff"}) {
    EXPECT_EQ(FromBase64Url(text).status().code(), base::Code::kInvalid) << text;
  }
}

}  // namespace
}  // namespace fairway::crypto
