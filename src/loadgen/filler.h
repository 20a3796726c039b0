#pragma once
// Prompt text of any length, the same for the same key and different from its first bytes on for
// another. Common English words, nothing that JSON escapes; about four bytes a token. Appending
// copies from a text made once, so that long prompts cost their memcpy.

#include <cstddef>
#include <cstdint>
#include <string>

namespace fairway::loadgen {

// Spreads the bits of two numbers over one; for keys that stand for "this turn of that session".
uint64_t MixKeys(uint64_t a, uint64_t b);

class Filler {
 public:
  explicit Filler(uint64_t seed);

  // Exactly `bytes` more. Texts of two keys share no beginning longer than chance gives.
  void Append(uint64_t key, size_t bytes, std::string& out) const;

 private:
  uint64_t seed_;
  std::string words_;
};

}  // namespace fairway::loadgen
