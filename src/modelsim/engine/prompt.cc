#include "modelsim/engine/prompt.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "modelsim/engine/story.h"

namespace fairway::modelsim {
namespace {

uint32_t TokensOf(uint64_t bytes) {
  const uint64_t tokens = (bytes + kBytesPerToken - 1) / kBytesPerToken;
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(tokens, 1, std::numeric_limits<uint32_t>::max()));
}

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

}  // namespace

uint64_t BlockHash(uint64_t parent, std::string_view bytes) {
  uint64_t hash = Mix(parent, bytes.size());
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t taken = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), taken);
    hash = Mix(hash, word);
    bytes.remove_prefix(taken);
  }
  return Mix(hash, 0xd6e8feb86659fd93);
}

Prompt CountPrompt(uint64_t bytes) {
  Prompt prompt;
  prompt.tokens = TokensOf(bytes);
  return prompt;
}

Prompt HashPrompt(std::string_view bytes, uint32_t block_size, uint64_t root) {
  Prompt prompt;
  prompt.root = root;
  ExtendPrompt(prompt, bytes, block_size);
  return prompt;
}

void ExtendPrompt(Prompt& prompt, std::string_view text, uint32_t block_size) {
  const size_t block_bytes = block_size * kBytesPerToken;
  const uint64_t before = prompt.block_hashes.size() * block_bytes + prompt.tail.size();
  prompt.tokens = TokensOf(before + text.size());
  uint64_t parent = prompt.block_hashes.empty() ? prompt.root : prompt.block_hashes.back();
  if (!prompt.tail.empty()) {
    const size_t taken = std::min(text.size(), block_bytes - prompt.tail.size());
    prompt.tail.append(text.substr(0, taken));
    text.remove_prefix(taken);
    if (prompt.tail.size() < block_bytes) return;
    parent = BlockHash(parent, prompt.tail);
    prompt.block_hashes.push_back(parent);
    prompt.tail.clear();
  }
  prompt.block_hashes.reserve(prompt.block_hashes.size() + text.size() / block_bytes);
  while (text.size() >= block_bytes) {
    parent = BlockHash(parent, text.substr(0, block_bytes));
    prompt.block_hashes.push_back(parent);
    text.remove_prefix(block_bytes);
  }
  prompt.tail.assign(text);
}

}  // namespace fairway::modelsim
