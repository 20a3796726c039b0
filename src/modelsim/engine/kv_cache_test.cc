#include "modelsim/engine/kv_cache.h"

#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"

namespace fairway::modelsim {
namespace {

using Hashes = std::vector<uint64_t>;

TEST(KvCache, GivesWhatItHasAndNoMore) {
  KvCache kv(4);
  std::vector<BlockId> held;
  EXPECT_TRUE(kv.Acquire({}, 3, held));
  EXPECT_EQ(kv.free_blocks(), 1u);
  EXPECT_DOUBLE_EQ(kv.Usage(), 0.75);
  EXPECT_FALSE(kv.Acquire({}, 2, held));
  EXPECT_EQ(held.size(), 3u);
  EXPECT_EQ(kv.free_blocks(), 1u);
  kv.Release(held);
  EXPECT_EQ(kv.free_blocks(), 4u);
  EXPECT_TRUE(held.empty());
}

TEST(KvCache, FindsPublishedPrefixesAgain) {
  KvCache kv(4);
  const Hashes hashes = {11, 12, 13};
  std::vector<BlockId> first;
  ASSERT_TRUE(kv.Acquire({}, 3, first));
  kv.Publish(first[0], 11);
  kv.Publish(first[1], 12);
  EXPECT_EQ(kv.Match(hashes), 2u);
  EXPECT_EQ(kv.Match(Hashes{12}), 1u);
  EXPECT_EQ(kv.Match(Hashes{10, 11}), 0u) << "a prefix begins at its beginning";

  std::vector<BlockId> second;
  ASSERT_TRUE(kv.Acquire(std::span(hashes).first(2), 1, second));
  EXPECT_EQ(second[0], first[0]);
  EXPECT_EQ(second[1], first[1]);
  EXPECT_EQ(kv.free_blocks(), 0u);
  kv.Release(first);
  EXPECT_EQ(kv.free_blocks(), 1u) << "shared blocks stay with the other holder";
  kv.Release(second);
  EXPECT_EQ(kv.free_blocks(), 4u);
  EXPECT_EQ(kv.Match(hashes), 2u) << "free blocks stay findable";
}

TEST(KvCache, ForgetsTheOldestAndTheDeepestFirst) {
  KvCache kv(4);
  std::vector<BlockId> old_one;
  std::vector<BlockId> new_one;
  ASSERT_TRUE(kv.Acquire({}, 2, old_one));
  kv.Publish(old_one[0], 1);
  kv.Publish(old_one[1], 2);
  ASSERT_TRUE(kv.Acquire({}, 2, new_one));
  kv.Publish(new_one[0], 3);
  kv.Publish(new_one[1], 4);
  kv.Release(old_one);
  kv.Release(new_one);

  std::vector<BlockId> taker;
  ASSERT_TRUE(kv.Acquire({}, 1, taker));
  EXPECT_EQ(kv.Match(Hashes{1, 2}), 1u) << "the end of the older prefix went";
  EXPECT_EQ(kv.Match(Hashes{3, 4}), 2u);
  ASSERT_TRUE(kv.Acquire({}, 2, taker));
  EXPECT_EQ(kv.Match(Hashes{1}), 0u);
  EXPECT_EQ(kv.Match(Hashes{3, 4}), 1u);
  kv.Release(taker);
}

TEST(KvCache, UnfindableBlocksAreUsedBeforeFindableOnes) {
  KvCache kv(2);
  std::vector<BlockId> held;
  ASSERT_TRUE(kv.Acquire({}, 2, held));
  kv.Publish(held[0], 1);
  kv.Release(held);
  ASSERT_TRUE(kv.Acquire({}, 1, held));
  EXPECT_EQ(kv.Match(Hashes{1}), 1u);
  kv.Release(held);
}

TEST(KvCache, ReusedFreeBlocksCountAsTaken) {
  KvCache kv(2);
  std::vector<BlockId> held;
  ASSERT_TRUE(kv.Acquire({}, 1, held));
  kv.Publish(held[0], 1);
  kv.Release(held);
  EXPECT_FALSE(kv.Acquire(Hashes{1}, 2, held)) << "one cached and two fresh do not fit in two";
  EXPECT_TRUE(kv.Acquire(Hashes{1}, 1, held));
  kv.Release(held);
}

TEST(KvCache, ASecondCopyStaysUnfindable) {
  KvCache kv(2);
  std::vector<BlockId> held;
  ASSERT_TRUE(kv.Acquire({}, 2, held));
  kv.Publish(held[0], 5);
  kv.Publish(held[1], 5);
  std::vector<BlockId> reader;
  ASSERT_TRUE(kv.Acquire(Hashes{5}, 0, reader));
  EXPECT_EQ(reader[0], held[0]);
  kv.Release(reader);
  kv.Release(held);
}

TEST(KvCache, EmptyMemoryIsUsedBeforeKnownBlocksAreForgotten) {
  KvCache kv(3);
  std::vector<BlockId> held;
  ASSERT_TRUE(kv.Acquire({}, 1, held));
  kv.Publish(held[0], 7);
  kv.Release(held);
  ASSERT_TRUE(kv.Acquire({}, 2, held));
  EXPECT_EQ(kv.Match(Hashes{7}), 1u) << "two of three blocks were never used";
  std::vector<BlockId> more;
  ASSERT_TRUE(kv.Acquire({}, 1, more));
  EXPECT_EQ(kv.Match(Hashes{7}), 0u);
  kv.Release(held);
  kv.Release(more);
}

// Free blocks and references add up, whatever is done in whatever order.
TEST(KvCache, CountsAddUpInRandomUse) {
  base::Rng rng(3);
  KvCache kv(64);
  std::vector<std::vector<BlockId>> holders;
  for (int i = 0; i < 2000; ++i) {
    if (holders.empty() || rng.Below(5) < 3) {
      const uint64_t family = rng.Below(6) * 100;
      const Hashes hashes = {family, family + 1, family + 2, family + 3};
      const uint32_t matched = kv.Match(hashes);
      std::vector<BlockId> held;
      if (!kv.Acquire(std::span(hashes).first(matched), 4 - matched, held)) continue;
      for (size_t k = 0; k < held.size(); ++k) kv.Publish(held[k], hashes[k]);
      holders.push_back(std::move(held));
    } else {
      std::swap(holders[rng.Below(static_cast<uint32_t>(holders.size()))], holders.back());
      kv.Release(holders.back());
      holders.pop_back();
    }
    std::map<BlockId, int> used;
    for (const auto& held : holders) {
      for (const BlockId block : held) ++used[block];
    }
    ASSERT_EQ(kv.free_blocks() + used.size(), kv.blocks());
  }
}

}  // namespace
}  // namespace fairway::modelsim
