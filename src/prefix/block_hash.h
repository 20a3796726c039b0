#pragma once
// BlockHasher: a prompt as a chain of block hashes, so that two prompts share their first k hashes
// exactly when they share their first k blocks (and the model, adapter and salt they run under).
//
// The chain runs over one virtual byte string: for each piece a separator, then the piece's bytes.
// Separators are control bytes that cannot occur in raw JSON, so another split of the same text is
// another string, while a conversation that grows keeps the blocks it had. The last, partial block
// counts as a block.
//
// Hash: XXH3 (64 bits, no seed: a changing seed would re-derive its secret above 240 bytes) of each
// block, mixed with its parent's hash. Good against accident, not against an adversary: a forged
// collision can only misroute.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairway::prefix {

inline constexpr size_t kDefaultBlockBytes = 256;  // 64 tokens of 4 bytes
inline constexpr size_t kMaxBlockBytes = 4096;
inline constexpr size_t kDefaultMaxBlocks = 2048;  // 131,072 tokens

// The parent of a prompt's first block: what must be equal before a cached block can be.
uint64_t RootHash(std::string_view model, std::string_view adapter, std::string_view cache_salt);

// One a request, on the stack. Never allocates.
class BlockHasher {
 public:
  // Writes at most into.size() hashes; what lies beyond is ignored. 16 <= block_bytes <=
  // kMaxBlockBytes.
  BlockHasher(uint64_t root, std::span<uint64_t> into, size_t block_bytes = kDefaultBlockBytes);

  // `separator` is a control byte other than tab, line feed and carriage return.
  void Add(unsigned char separator, std::string_view piece);

  // Closes the partial block and returns how many hashes were written. Nothing may be added after.
  size_t Finish();

 private:
  void Append(const char* bytes, size_t size);
  void Close(const char* block, size_t size);

  uint64_t parent_;
  std::span<uint64_t> into_;
  size_t block_bytes_;
  size_t written_ = 0;
  size_t held_ = 0;  // bytes of the open block in held_bytes_
  std::array<char, kMaxBlockBytes> held_bytes_;
};

}  // namespace fairway::prefix
