#include "loadgen/filler.h"

#include <gtest/gtest.h>

#include <set>

namespace fairway::loadgen {
namespace {

std::string Text(const Filler& filler, uint64_t key, size_t bytes) {
  std::string text;
  filler.Append(key, bytes, text);
  return text;
}

TEST(Filler, GivesAsManyBytesAsAskedFor) {
  const Filler filler(1);
  for (size_t bytes = 0; bytes < 200; ++bytes) EXPECT_EQ(Text(filler, 7, bytes).size(), bytes);
  EXPECT_EQ(Text(filler, 7, 1'000'000).size(), 1'000'000u);
}

TEST(Filler, AppendsAndLeavesWhatWasThere) {
  const Filler filler(1);
  std::string text = "before ";
  filler.Append(3, 20, text);
  EXPECT_EQ(text, "before " + Text(filler, 3, 20));
}

TEST(Filler, AShorterTextIsTheBeginningOfALongerOne) {
  const Filler filler(4);
  const std::string whole = Text(filler, 9, 100'000);
  for (const size_t bytes : {1u, 30u, 64u, 70'000u}) {
    EXPECT_EQ(Text(filler, 9, bytes), whole.substr(0, bytes));
  }
}

TEST(Filler, KeysAndSeedsDifferWithinTheFirstBytes) {
  std::set<std::string> beginnings;
  const Filler one(1);
  const Filler two(2);
  for (uint64_t key = 0; key < 10'000; ++key) {
    beginnings.insert(Text(one, key, 64));
    beginnings.insert(Text(two, key, 64));
  }
  EXPECT_EQ(beginnings.size(), 20'000u);
}

TEST(Filler, NeedsNoEscapes) {
  for (const char c : Text(Filler(5), 5, 100'000)) {
    EXPECT_TRUE((c >= 'a' && c <= 'z') || c == ' ') << c;
  }
}

TEST(MixKeys, DependsOnBothAndTheirOrder) {
  EXPECT_NE(MixKeys(1, 2), MixKeys(2, 1));
  EXPECT_NE(MixKeys(1, 2), MixKeys(1, 3));
  EXPECT_EQ(MixKeys(1, 2), MixKeys(1, 2));
}

}  // namespace
}  // namespace fairway::loadgen
