#include "modelsim/engine/prompt.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

constexpr uint32_t kBlock = 16;  // tokens: 64 bytes

std::string Text(size_t bytes, char first = 'a') {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(first + i % 23);
  return text;
}

TEST(Prompt, CountsFourBytesAToken) {
  EXPECT_EQ(CountPrompt(0).tokens, 1u);
  EXPECT_EQ(CountPrompt(4).tokens, 1u);
  EXPECT_EQ(CountPrompt(5).tokens, 2u);
  EXPECT_TRUE(CountPrompt(1000).block_hashes.empty());
  EXPECT_EQ(HashPrompt(Text(130), kBlock, 0).tokens, 33u);
}

TEST(Prompt, HashesWholeBlocksOnly) {
  EXPECT_EQ(HashPrompt(Text(63), kBlock, 0).block_hashes.size(), 0u);
  EXPECT_EQ(HashPrompt(Text(64), kBlock, 0).block_hashes.size(), 1u);
  const Prompt prompt = HashPrompt(Text(130), kBlock, 0);
  EXPECT_EQ(prompt.block_hashes.size(), 2u);
  EXPECT_EQ(prompt.tail, Text(130).substr(128));
}

TEST(Prompt, EqualHashesMeanEqualPrefixes) {
  std::string changed = Text(256);
  changed[10] = '!';
  const Prompt one = HashPrompt(Text(256), kBlock, 0);
  const Prompt longer = HashPrompt(Text(256) + "more", kBlock, 0);
  const Prompt other = HashPrompt(changed, kBlock, 0);
  EXPECT_EQ(one.block_hashes, longer.block_hashes);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NE(one.block_hashes[i], other.block_hashes[i]) << "a change shows in every later block";
  }
}

TEST(Prompt, TheRootKeepsAdaptersApart) {
  const Prompt base = HashPrompt(Text(64), kBlock, 0);
  const Prompt adapter = HashPrompt(Text(64), kBlock, 7);
  EXPECT_NE(base.block_hashes, adapter.block_hashes);
}

TEST(Prompt, ExtendingIsHashingTheWhole) {
  for (const size_t cut : {0, 1, 63, 64, 65, 128, 200, 299, 300}) {
    const std::string text = Text(300);
    Prompt prompt = HashPrompt(text.substr(0, cut), kBlock, 9);
    ExtendPrompt(prompt, text.substr(cut), kBlock);
    const Prompt whole = HashPrompt(text, kBlock, 9);
    EXPECT_EQ(prompt.block_hashes, whole.block_hashes) << cut;
    EXPECT_EQ(prompt.tail, whole.tail) << cut;
    EXPECT_EQ(prompt.tokens, whole.tokens) << cut;
  }
}

}  // namespace
}  // namespace fairway::modelsim
