#include "prefix/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/rng.h"

namespace fairway::prefix {
namespace {

using Blocks = std::vector<uint64_t>;

Blocks RandomBlocks(base::Rng& rng, size_t count) {
  Blocks blocks(count);
  for (uint64_t& block : blocks) block = rng.Next();
  return blocks;
}

uint32_t MatchOf(const Index& index, const Blocks& blocks, uint32_t slot) {
  std::vector<uint32_t> matched(slot + 1);
  index.Match(blocks, matched);
  return matched[slot];
}

TEST(IndexTest, FindsWhoHoldsHowMuch) {
  Index index({.limit_bytes = 1 << 20});
  base::Rng rng(1);
  const Blocks blocks = RandomBlocks(rng, 100);
  index.Insert(blocks, 3, 0);
  index.Insert(std::span(blocks).first(40), 5, 0);
  std::vector<uint32_t> matched(8, 77);
  EXPECT_EQ(index.Match(blocks, matched), 100u);
  EXPECT_EQ(matched, (std::vector<uint32_t>{0, 0, 0, 100, 0, 40, 0, 0}));
  EXPECT_EQ(index.Match(RandomBlocks(rng, 10), matched), 0u);
  EXPECT_EQ(std::ranges::count(matched, 0u), 8);
  EXPECT_EQ(index.Match({}, matched), 0u);
}

TEST(IndexTest, OnlyLeadingBlocksCount) {
  Index index({.limit_bytes = 1 << 20});
  base::Rng rng(2);
  const Blocks blocks = RandomBlocks(rng, 10);
  index.Insert(std::span(blocks).first(3), 0, 0);
  index.Insert(std::span(blocks).subspan(4), 0, 0);  // all but block 3
  index.Insert(std::span(blocks).subspan(1), 1, 0);  // all but the first
  index.Insert(blocks, 2, 0);
  std::vector<uint32_t> matched(3);
  EXPECT_EQ(index.Match(blocks, matched), 10u);
  EXPECT_EQ(matched, (std::vector<uint32_t>{3, 0, 10}));
}

TEST(IndexTest, SlotsBeyondTheSpanAreLeftOut) {
  Index index({.limit_bytes = 1 << 20});
  base::Rng rng(3);
  const Blocks blocks = RandomBlocks(rng, 10);
  index.Insert(blocks, 7, 0);
  index.Insert(std::span(blocks).first(4), 1, 0);
  std::vector<uint32_t> matched(2);
  EXPECT_EQ(index.Match(blocks, matched), 4u);
  EXPECT_EQ(matched[1], 4u);
}

TEST(IndexTest, ManyEndpointsShareASystemPrompt) {
  Index index({.limit_bytes = 4 << 20});
  base::Rng rng(4);
  const Blocks shared = RandomBlocks(rng, 20);
  std::vector<Blocks> own(kMaxSlots);
  for (uint32_t slot = 0; slot < kMaxSlots; slot += 3) {
    own[slot] = shared;
    const Blocks tail = RandomBlocks(rng, slot % 5);
    own[slot].insert(own[slot].end(), tail.begin(), tail.end());
    index.Insert(own[slot], slot, 0);
  }
  std::vector<uint32_t> matched(kMaxSlots);
  index.Match(own[9], matched);
  for (uint32_t slot = 0; slot < kMaxSlots; ++slot) {
    EXPECT_EQ(matched[slot], slot == 9 ? own[9].size() : slot % 3 == 0 ? 20u : 0u) << slot;
  }
}

TEST(IndexTest, ForgottenEndpointsVanishAtOnce) {
  Index index({.limit_bytes = 1 << 20});
  base::Rng rng(5);
  const Blocks blocks = RandomBlocks(rng, 10);
  index.Insert(blocks, 1, 0);
  index.Insert(blocks, 2, 0);
  index.Forget(1);
  index.Forget(1);
  index.Forget(99);  // never seen
  EXPECT_EQ(MatchOf(index, blocks, 1), 0u);
  EXPECT_EQ(MatchOf(index, blocks, 2), 10u);
  index.Insert(std::span(blocks).first(2), 1, 0);  // restarted: same generation, empty cache
  EXPECT_EQ(MatchOf(index, blocks, 1), 2u);
}

TEST(IndexTest, GenerationsDoNotMix) {
  Index index({.limit_bytes = 1 << 20});
  base::Rng rng(6);
  const Blocks blocks = RandomBlocks(rng, 10);
  index.Insert(blocks, 1, 4);
  index.Insert(std::span(blocks).first(1), 1, 5);  // another endpoint in the slot
  EXPECT_EQ(MatchOf(index, blocks, 1), 1u);
  index.Insert(blocks, 1, 4);  // a late word of the old one
  EXPECT_EQ(MatchOf(index, blocks, 1), 1u);
  index.Forget(1);
  index.Insert(blocks, 1, 4);
  EXPECT_EQ(MatchOf(index, blocks, 1), 0u);
}

TEST(IndexTest, LanesComeBackAfterSweeping) {
  Index index({.limit_bytes = 64 << 10});
  base::Rng rng(7);
  const Blocks blocks = RandomBlocks(rng, 4);
  // Far more restarts than there are lanes; each insert sweeps a little.
  for (uint32_t generation = 0; generation < 100000; ++generation) {
    index.Insert(blocks, 0, generation);
    ASSERT_EQ(MatchOf(index, blocks, 0), 4u) << generation;
  }
  EXPECT_EQ(index.stats().dropped, 0u);
  EXPECT_LE(index.stats().entries, 4u * 64);  // marks of the dead are swept
}

TEST(IndexTest, NeverPassesItsLimit) {
  for (const size_t limit : {size_t{0}, size_t{64} << 10, size_t{100} << 10, size_t{1} << 20}) {
    Index index({.limit_bytes = limit});
    base::Rng rng(8);
    const size_t least = size_t{64} << 10;
    EXPECT_LE(index.stats().limit_bytes, std::max(limit, least));
    EXPECT_EQ(index.stats().bytes, least);
    for (int i = 0; i < 2000; ++i) {
      index.Insert(RandomBlocks(rng, 100), rng.Below(200), 0);
      ASSERT_LE(index.stats().bytes, index.stats().limit_bytes);
    }
    const Index::Stats stats = index.stats();
    EXPECT_EQ(stats.bytes, stats.limit_bytes);
    EXPECT_LE(stats.entries * 16, stats.bytes);
    EXPECT_GE(stats.entries * 16, stats.bytes / 10 * 9);
    EXPECT_EQ(stats.entries + stats.evictions, 200000u);
  }
}

TEST(IndexTest, WhatIsUsedStaysWhileTheRestGoes) {
  Index index({.limit_bytes = 1 << 20});  // 65,536 entries
  base::Rng rng(9);
  const Blocks hot = RandomBlocks(rng, 200);
  for (int i = 0; i < 2000; ++i) {  // 200,000 blocks pass by
    index.Insert(RandomBlocks(rng, 100), 1, 0);
    if (i % 20 == 0) index.Insert(hot, 0, 0);
    ASSERT_EQ(MatchOf(index, hot, 0), 200u) << i;
  }
}

TEST(IndexTest, LosesHardlyAnythingBeforeItIsFull) {
  for (const auto& [prompts, most_lost] :
       {std::pair{512, 0}, std::pair{600, 0}, std::pair{760, 40}}) {
    Index index({.limit_bytes = 1 << 20});  // 65,536 entries: 50, 59, 74 % of them
    base::Rng rng(10);
    std::vector<Blocks> held;
    for (int i = 0; i < prompts; ++i) {
      held.push_back(RandomBlocks(rng, 64));
      index.Insert(held.back(), 0, 0);
    }
    EXPECT_LE(index.stats().evictions, static_cast<uint64_t>(most_lost));
    uint64_t broken = 0;
    for (const Blocks& prompt : held) broken += MatchOf(index, prompt, 0) < 64 ? 1 : 0;
    EXPECT_LE(broken, index.stats().evictions);
  }
}

// Beside the obvious implementation, with room for everything: they must agree on every answer.
TEST(IndexTest, AgreesWithAMapUnderRandomUse) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    base::Rng rng(seed);
    Index index({.limit_bytes = 8 << 20});
    const uint32_t slots = 1 + rng.Below(seed % 2 == 0 ? 8 : 300);
    std::map<uint64_t, std::set<uint32_t>> model;
    std::vector<uint32_t> generation(slots, 0);
    std::vector<Blocks> prompts;  // a tree: many share their beginnings
    for (int i = 0; i < 60; ++i) {
      Blocks prompt;
      if (!prompts.empty() && rng.Below(4) != 0) {
        const Blocks& parent = prompts[rng.Below(static_cast<uint32_t>(prompts.size()))];
        prompt.assign(parent.begin(),
                      parent.begin() + rng.Below(static_cast<uint32_t>(parent.size())));
      }
      const Blocks tail = RandomBlocks(rng, 1 + rng.Below(40));
      prompt.insert(prompt.end(), tail.begin(), tail.end());
      prompts.push_back(prompt);
    }
    for (int step = 0; step < 1500; ++step) {
      const Blocks& prompt = prompts[rng.Below(static_cast<uint32_t>(prompts.size()))];
      const uint32_t slot = rng.Below(slots);
      const uint32_t action = rng.Below(20);
      if (action < 8) {
        index.Insert(prompt, slot, generation[slot]);
        for (const uint64_t block : prompt) model[block].insert(slot);
      } else if (action < 10) {
        if (action == 8) {
          index.Forget(slot);
        } else {
          index.Insert({}, slot, ++generation[slot]);
        }
        for (auto& [block, holders] : model) holders.erase(slot);
      } else {
        std::vector<uint32_t> matched(slots);
        const uint32_t most = index.Match(prompt, matched);
        for (uint32_t s = 0; s < slots; ++s) {
          uint32_t wanted = 0;
          while (wanted < prompt.size() && model[prompt[wanted]].contains(s)) ++wanted;
          ASSERT_EQ(matched[s], wanted) << "seed " << seed << " step " << step << " slot " << s;
        }
        ASSERT_EQ(most, std::ranges::max(matched));
      }
    }
    EXPECT_EQ(index.stats().evictions, 0u);
  }
}

TEST(Index, EraseTakesAwayWhatOneEndpointBrought) {
  Index index({.limit_bytes = 1 << 16});
  const std::vector<uint64_t> blocks = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb};
  std::array<uint32_t, 3> matched;
  index.Insert(blocks, 0, 1);
  index.Insert(blocks, 1, 1);
  index.Erase(std::span(blocks).subspan(1), 0, 1);
  EXPECT_EQ(index.Match(blocks, matched), 3u);
  EXPECT_EQ(matched, (std::array<uint32_t, 3>{1, 3, 0}));
  index.Erase(blocks, 1, 2);  // not the generation that it knows
  index.Erase(blocks, 2, 1);  // nobody
  EXPECT_EQ(index.Match(blocks, matched), 3u);
  EXPECT_EQ(index.stats().entries, 3u);
  index.Erase(blocks, 1, 1);
  EXPECT_EQ(index.stats().entries, 1u);  // those that nobody holds are gone
  index.Insert(blocks, 0, 1);
  EXPECT_EQ(index.Match(blocks, matched), 3u);
  EXPECT_EQ(matched[0], 3u);
}

}  // namespace
}  // namespace fairway::prefix
