// The index under several threads at once; ThreadSanitizer is the main judge.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "prefix/index.h"

namespace fairway::prefix {
namespace {

constexpr uint32_t kSlots = 100;
constexpr int kPrompts = 50;
constexpr size_t kBlocks = 30;

// Prompt p; every block of it is its own.
std::vector<uint64_t> Prompt(int p) {
  base::Rng rng(static_cast<uint64_t>(p) + 1);
  std::vector<uint64_t> blocks(kBlocks);
  for (uint64_t& block : blocks) block = rng.Next();
  return blocks;
}

// A slot is only ever sent prompts with its own last digit.
bool MayHold(uint32_t slot, int prompt) { return slot % 10 == static_cast<uint32_t>(prompt) % 10; }

TEST(IndexThreadsTest, ReadersNeverSeeWhatNobodyInserted) {
  // Small, so that entries are evicted, shards grow and lanes are swept all the time.
  Index index({.limit_bytes = 128 << 10});
  std::atomic<int> wrong{0};
  const auto work = [&](uint64_t seed) {
    base::Rng rng(seed);
    std::vector<uint32_t> matched(kSlots);
    uint32_t generation = 0;
    for (int i = 0; i < 6000; ++i) {
      const int p = static_cast<int>(rng.Below(kPrompts));
      const std::vector<uint64_t> blocks = Prompt(p);
      const uint32_t slot = rng.Below(10) * 10 + static_cast<uint32_t>(p) % 10;
      switch (rng.Below(8)) {
        case 0:
          index.Forget(slot);
          break;
        case 1: {  // strangers, to push others out
          std::vector<uint64_t> other(kBlocks);
          for (uint64_t& block : other) block = rng.Next();
          index.Insert(other, slot, generation);
          break;
        }
        case 2:
        case 3:
          index.Insert(blocks, slot, generation);
          break;
        default:
          index.Match(blocks, matched);
          for (uint32_t s = 0; s < kSlots; ++s) {
            if (matched[s] > kBlocks || (matched[s] > 0 && !MayHold(s, p))) ++wrong;
          }
      }
      if (index.stats().bytes > index.stats().limit_bytes) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);

  // And after the storm it still works.
  index.Insert(Prompt(3), 3, 1);
  std::vector<uint32_t> matched(kSlots);
  EXPECT_EQ(index.Match(Prompt(3), matched), kBlocks);
  EXPECT_EQ(matched[3], kBlocks);
}

}  // namespace
}  // namespace fairway::prefix
