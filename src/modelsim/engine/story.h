#pragma once
// The text that a simulated model writes: an endless run of plain English words, cut into tokens of
// exactly four bytes. Deterministic in its seed. Only letters and spaces, so that it needs no
// escaping in JSON, and four bytes a token as prompts are counted, so that an answer which comes
// back as part of the next prompt falls on the same KV blocks.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairway::modelsim {

inline constexpr size_t kBytesPerToken = 4;

class Story {
 public:
  explicit Story(uint64_t seed);

  // Token `index` of the answer that begins at `start` (any number: the story is a circle).
  std::string_view Token(uint64_t start, uint64_t index) const {
    return std::string_view(text_).substr((start + index) % kTokens * kBytesPerToken,
                                          kBytesPerToken);
  }
  // Tokens [0, count) of that answer.
  void Append(uint64_t start, uint64_t count, std::string& to) const;

 private:
  static constexpr uint64_t kTokens = 8192;
  std::string text_;
};

}  // namespace fairway::modelsim
