#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(PrefixCacheScorer, TheCachedShareOfThePrompt) {
  const auto scorer = MakeOne<sched::Scorer>("prefix-cache-scorer");
  Field field(3);
  const std::vector<uint64_t> blocks(8);
  field.request.prefix_blocks = blocks;
  Field::Set(field.candidates.mutable_cached_blocks(), {0, 2, 8});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 0.25f, 1}));
}

TEST(PrefixCacheScorer, TheLengthOfTheMatchCanCount) {
  const auto scorer = MakeOne<sched::Scorer>(
      "prefix-cache-scorer", "{matchLengthWeight: 0.5, matchLengthScaleTokens: 1024}");
  Field field(3);
  const std::vector<uint64_t> blocks(32);
  field.request.prefix_blocks = blocks;
  field.request.block_tokens = 64;  // 1024 tokens are 16 blocks
  Field::Set(field.candidates.mutable_cached_blocks(), {8, 16, 32});
  const std::vector<float> scores = field.Scores(*scorer);
  EXPECT_FLOAT_EQ(scores[0], 0.5f * 0.25f + 0.5f * 0.25f);
  EXPECT_FLOAT_EQ(scores[1], 0.5f * 1 + 0.5f * 0.5f);
  EXPECT_FLOAT_EQ(scores[2], 1);
}

TEST(PrefixCacheScorer, APromptWithoutBlocksScoresNothing) {
  const auto scorer = MakeOne<sched::Scorer>("prefix-cache-scorer");
  Field field(2);
  Field::Set(field.candidates.mutable_cached_blocks(), {5, 0});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 0}));
}

TEST(PrefixCacheScorer, Parameters) {
  EXPECT_EQ(MakeComplaint("prefix-cache-scorer", "matchLengthWeight: 1.5"),
            "x.yaml:1: matchLengthWeight: expected a number from 0 to 1, got \"1.5\"");
  EXPECT_NE(MakeComplaint("prefix-cache-scorer", "matchLengthScaleTokens: 0"), "");
  EXPECT_EQ(MakeComplaint("prefix-cache-scorer", "prefixMatchInfoProducerName: p"), "");
}

}  // namespace
}  // namespace fairway::plugins
