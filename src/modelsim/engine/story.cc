#include "modelsim/engine/story.h"

#include <algorithm>
#include <array>

#include "base/rng.h"

namespace fairway::modelsim {
namespace {

constexpr auto kWords = std::to_array<std::string_view>({
    "a",      "again", "all",     "along", "and",   "any",    "as",    "at",    "before", "bell",
    "blue",   "boat",  "bread",   "came",  "cloud", "coast",  "cold",  "day",   "door",   "down",
    "east",   "every", "far",     "field", "fire",  "first",  "for",   "from",  "garden", "gave",
    "grass",  "green", "harbor",  "he",    "high",  "hill",   "house", "in",    "island", "it",
    "kept",   "lamp",  "last",    "late",  "light", "little", "long",  "made",  "many",   "market",
    "moon",   "more",  "morning", "near",  "night", "north",  "of",    "old",   "on",     "once",
    "open",   "over",  "paper",   "path",  "quiet", "rain",   "river", "road",  "sail",   "said",
    "salt",   "she",   "shore",   "slow",  "small", "snow",   "south", "stone", "still",  "story",
    "summer", "the",   "then",    "they",  "tide",  "to",     "town",  "tree",  "under",  "until",
    "voice",  "warm",  "water",   "went",  "west",  "while",  "white", "wind",  "winter", "with",
});

}  // namespace

Story::Story(uint64_t seed) {
  base::Rng rng(seed);
  const size_t size = kTokens * kBytesPerToken;
  text_.reserve(size + 16);
  while (text_.size() < size) {
    text_ += ' ';
    text_ += kWords[rng.Below(kWords.size())];
  }
  text_.resize(size);
}

void Story::Append(uint64_t start, uint64_t count, std::string& to) const {
  uint64_t at = start % kTokens;
  while (count > 0) {
    const uint64_t run = std::min(count, kTokens - at);
    to.append(text_, at * kBytesPerToken, run * kBytesPerToken);
    count -= run;
    at = 0;
  }
}

}  // namespace fairway::modelsim
