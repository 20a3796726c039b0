#include "prefix/block_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace fairway::prefix {
namespace {

using Pieces = std::vector<std::pair<unsigned char, std::string>>;

std::vector<uint64_t> Hashes(const Pieces& pieces, uint64_t root = 1, size_t block = 64,
                             size_t most = 1000) {
  std::vector<uint64_t> into(most);
  BlockHasher hasher(root, into, block);
  for (const auto& [separator, piece] : pieces) hasher.Add(separator, piece);
  into.resize(hasher.Finish());
  return into;
}

size_t SharedPrefix(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  return i;
}

std::string Text(size_t size, uint64_t seed) {
  base::Rng rng(seed);
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + rng.Below(26));
  return text;
}

TEST(BlockHashTest, CountsBlocksWithThePartialOne) {
  EXPECT_EQ(Hashes({}).size(), 0u);
  EXPECT_EQ(Hashes({{1, ""}}).size(), 1u);
  EXPECT_EQ(Hashes({{1, Text(63, 1)}}).size(), 1u);
  EXPECT_EQ(Hashes({{1, Text(64, 1)}}).size(), 2u);  // with its separator 65 bytes
  EXPECT_EQ(Hashes({{1, Text(640, 1)}}).size(), 11u);
}

TEST(BlockHashTest, AGrowingConversationKeepsItsBlocks) {
  const Pieces first = {{1, "system"}, {2, Text(700, 1)}, {1, "user"}, {2, Text(300, 2)}};
  Pieces second = first;
  second.insert(second.end(), {{1, "assistant"}, {2, Text(200, 3)}, {1, "user"}, {2, Text(50, 4)}});
  const auto a = Hashes(first);
  const auto b = Hashes(second);
  EXPECT_EQ(SharedPrefix(a, b), a.size() - 1);  // all but the partial block
  EXPECT_GT(b.size(), a.size());
}

TEST(BlockHashTest, SharesExactlyTheCommonBlocks) {
  std::string text = Text(6400, 1);
  const auto a = Hashes({{2, text}});
  for (const size_t at : {size_t{0}, size_t{62}, size_t{63}, size_t{1000}, size_t{6399}}) {
    std::string changed = text;
    changed[at] = '!';
    EXPECT_EQ(SharedPrefix(a, Hashes({{2, changed}})), (at + 1) / 64) << at;
  }
}

TEST(BlockHashTest, OtherSplitsOfTheSameTextDiffer) {
  const std::string text = Text(200, 1);
  const auto whole = Hashes({{2, text}});
  EXPECT_EQ(SharedPrefix(whole, Hashes({{2, text.substr(0, 10)}, {2, text.substr(10)}})), 0u);
  EXPECT_EQ(SharedPrefix(whole, Hashes({{1, text}})), 0u);
  EXPECT_EQ(SharedPrefix(Hashes({{1, "user"}, {2, text}}), Hashes({{1, "system"}, {2, text}})), 0u);
  EXPECT_NE(Hashes({{2, text}, {2, ""}}).back(), whole.back());
}

TEST(BlockHashTest, HowPiecesMeetBlockEdgesDoesNotMatter) {
  // The same virtual string, whether a block lies within one piece or is gathered from several.
  const std::string text = Text(3000, 9);
  const auto whole = Hashes({{2, text}});
  for (const size_t cut : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{1280}}) {
    // A piece that begins with the separator's own byte stands for a cut without a separator.
    std::vector<uint64_t> into(1000);
    BlockHasher hasher(1, into, 64);
    hasher.Add(2, text.substr(0, cut));
    hasher.Add(static_cast<unsigned char>(3), text.substr(cut + 1));
    into.resize(hasher.Finish());
    std::string spliced = text;
    spliced[cut] = '\3';
    EXPECT_EQ(into, Hashes({{2, spliced}})) << cut;
    EXPECT_EQ(SharedPrefix(into, whole), (cut + 1) / 64) << cut;
  }
}

TEST(BlockHashTest, RootsSeparate) {
  std::set<uint64_t> roots = {
      RootHash("m", "", ""),  RootHash("", "m", ""),  RootHash("", "", "m"), RootHash("ma", "", ""),
      RootHash("m", "a", ""), RootHash("m", "", "a"), RootHash("a", "m", "")};
  EXPECT_EQ(roots.size(), 7u);
  const std::string text = Text(1000, 1);
  EXPECT_EQ(SharedPrefix(Hashes({{2, text}}, RootHash("m", "", "")),
                         Hashes({{2, text}}, RootHash("m", "", "tenant"))),
            0u);
}

TEST(BlockHashTest, StopsAtItsLimit) {
  const std::string text = Text(100000, 1);
  const auto bounded = Hashes({{2, text}, {1, "user"}, {2, text}}, 1, 64, 10);
  EXPECT_EQ(bounded.size(), 10u);
  EXPECT_EQ(SharedPrefix(bounded, Hashes({{2, text}})), 10u);
  EXPECT_EQ(Hashes({{2, text}}, 1, 64, 0).size(), 0u);
}

TEST(BlockHashTest, BitsAreSpread) {
  // Of the hashes of a prompt of equal blocks, each low and each high bit is set about half the
  // time.
  const auto hashes = Hashes({{2, std::string(64000, 'a')}});
  for (int bit = 0; bit < 64; ++bit) {
    size_t set = 0;
    for (const uint64_t hash : hashes) set += (hash >> bit) & 1;
    EXPECT_NEAR(static_cast<double>(set) / static_cast<double>(hashes.size()), 0.5, 0.08) << bit;
  }
}

}  // namespace
}  // namespace fairway::prefix
