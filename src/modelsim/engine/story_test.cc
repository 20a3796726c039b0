#include "modelsim/engine/story.h"

#include <gtest/gtest.h>

#include <cctype>

namespace fairway::modelsim {
namespace {

TEST(Story, TokensAreFourPlainBytes) {
  const Story story(1);
  for (uint64_t i = 0; i < 20'000; ++i) {
    const std::string_view token = story.Token(5, i);
    ASSERT_EQ(token.size(), kBytesPerToken);
    for (const char c : token) ASSERT_TRUE(std::isalpha(static_cast<unsigned char>(c)) || c == ' ');
  }
}

TEST(Story, AppendIsTheTokensInOrder) {
  const Story story(1);
  std::string joined;
  for (uint64_t i = 0; i < 9000; ++i) joined += story.Token(8000, i);
  std::string whole;
  story.Append(8000, 9000, whole);
  EXPECT_EQ(whole, joined);
}

TEST(Story, SeedsTellDifferentStories) {
  std::string one;
  std::string same;
  std::string other;
  Story(1).Append(0, 100, one);
  Story(1).Append(0, 100, same);
  Story(2).Append(0, 100, other);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace fairway::modelsim
