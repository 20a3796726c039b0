#include "loadgen/usage_tail.h"

#include <gtest/gtest.h>

namespace fairway::loadgen {
namespace {

// As vLLM writes it at the end of a unary answer.
constexpr std::string_view kUsage =
    R"("usage":{"prompt_tokens":188,"total_tokens":212,"completion_tokens":24,)"
    R"("prompt_tokens_details":{"cached_tokens":160,"created_cache_tokens":0}},"x":null})";

TEST(UsageTail, ReadsWhatAnEngineCounts) {
  UsageTail tail;
  tail.Feed(kUsage);
  const TokenUsage usage = tail.Read();
  EXPECT_EQ(usage.prompt, 188u);
  EXPECT_EQ(usage.completion, 24u);
  EXPECT_EQ(usage.cached, 160u);
}

TEST(UsageTail, HoweverMuchCameBeforeAndWhateverTheCuts) {
  const std::string whole = std::string(100'000, 'x') + std::string(kUsage);
  for (const size_t cut : {1u, 7u, 100u, 1000u, 1024u, 5000u, 200'000u}) {
    UsageTail tail;
    for (size_t at = 0; at < whole.size(); at += cut)
      tail.Feed(std::string_view(whole).substr(at, cut));
    EXPECT_EQ(tail.Read().prompt, 188u) << cut;
    EXPECT_EQ(tail.Read().cached, 160u) << cut;
  }
}

TEST(UsageTail, TextThatLooksLikeItIsEscapedAndSoIsNot) {
  UsageTail tail;
  tail.Feed(R"({"text":"\"usage\":{\"prompt_tokens\":5}"})");
  EXPECT_FALSE(tail.Read().prompt);
}

TEST(UsageTail, WhatIsMissingIsMissing) {
  UsageTail tail;
  EXPECT_FALSE(tail.Read().prompt);
  tail.Feed(R"("usage":null})");
  EXPECT_FALSE(tail.Read().prompt);
  tail.Clear();
  tail.Feed(R"("usage": {"prompt_tokens": 3, "prompt_tokens_details": null})");
  EXPECT_EQ(tail.Read().prompt, 3u);
  EXPECT_FALSE(tail.Read().cached);
  EXPECT_FALSE(tail.Read().completion);
}

}  // namespace
}  // namespace fairway::loadgen
