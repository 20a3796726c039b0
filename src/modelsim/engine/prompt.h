#pragma once
// A prompt as the engine sees it: how many tokens, and a hash for each whole KV block, chained so
// that equal hashes mean equal prefixes. Tokens are counted, not made: four bytes of text are one.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairway::modelsim {

struct Prompt {
  uint32_t tokens = 0;
  uint64_t root = 0;                   // parent of the first block: keeps adapters apart
  std::vector<uint64_t> block_hashes;  // of every whole block; empty if nothing was hashed
  std::string tail;                    // the bytes after the last whole block
};

// The hash of a block that follows `parent`. Not for adversaries.
uint64_t BlockHash(uint64_t parent, std::string_view bytes);

// At least one token.
Prompt CountPrompt(uint64_t bytes);
Prompt HashPrompt(std::string_view bytes, uint32_t block_size, uint64_t root);

// Extends `prompt`, a hashed one, by text that follows it: whole blocks move from the tail to the
// hashes.
void ExtendPrompt(Prompt& prompt, std::string_view text, uint32_t block_size);

}  // namespace fairway::modelsim
