#include "loadgen/filler.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/rng.h"

namespace fairway::loadgen {
namespace {

constexpr size_t kWordsBytes = 64 * 1024;

constexpr std::array<std::string_view, 64> kWords = {
    "the", "of",  "and",  "to",   "in",    "is",    "it",   "you",  "that", "he",   "was",
    "for", "on",  "are",  "with", "as",    "his",   "they", "be",   "at",   "one",  "have",
    "or",  "had", "by",   "hot",  "word",  "but",   "what", "some", "we",   "can",  "out",
    "up",  "all", "your", "how",  "said",  "an",    "each", "she",  "do",   "time", "if",
    "way", "so",  "then", "her",  "would", "make",  "like", "him",  "into", "has",  "two",
    "my",  "no",  "look", "more", "day",   "could", "go",   "come", "did"};

}  // namespace

uint64_t MixKeys(uint64_t a, uint64_t b) {
  // splitmix64's finaliser over the sum with the golden ratio, as base/rng.h seeds.
  uint64_t z = a * 0x9e3779b97f4a7c15 + b + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Filler::Filler(uint64_t seed) : seed_(seed) {
  base::Rng rng(seed);
  while (words_.size() < kWordsBytes) {
    words_ += kWords[rng.Below(kWords.size())];
    words_ += ' ';
  }
}

void Filler::Append(uint64_t key, size_t bytes, std::string& out) const {
  // The beginning tells keys apart: eleven words of the 64 stand for the key's bits.
  uint64_t bits = MixKeys(seed_, key);
  size_t at = bits % words_.size();
  for (int word = 0; word < 11 && bytes > 0; ++word, bits >>= 6) {
    const std::string_view text = kWords[bits & 63];
    const size_t taken = std::min(bytes, text.size());
    out.append(text.substr(0, taken));
    bytes -= taken;
    if (bytes == 0) return;
    out += ' ';
    --bytes;
  }
  while (bytes > 0) {
    const size_t taken = std::min(bytes, words_.size() - at);
    out.append(words_, at, taken);
    bytes -= taken;
    at = 0;
  }
}

}  // namespace fairway::loadgen
