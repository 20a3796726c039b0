#pragma once
// Paged KV memory: a fixed number of blocks, shared by reference count, found again by the hash of
// the prefix they hold. Blocks that nobody refers to stay findable until the oldest is needed for
// something else. Invariant: free_blocks() + blocks with a reference == blocks(). Memory grows with
// the blocks that have ever been used: a thousand idle caches cost nothing.

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace fairway::modelsim {

using BlockId = uint32_t;

class KvCache {
 public:
  explicit KvCache(uint32_t blocks);

  // How many leading hashes are in memory.
  uint32_t Match(std::span<const uint64_t> hashes) const;

  // Appends to `held` a reference to each block of `cached` (all must match) and to `fresh` empty
  // blocks, oldest first. False, with nothing changed, if too few are free.
  bool Acquire(std::span<const uint64_t> cached, uint32_t fresh, std::vector<BlockId>& held);

  // The block's content is complete and is the prefix of that hash. A second block with the same
  // content stays unfindable.
  void Publish(BlockId block, uint64_t hash);

  // Gives every reference back and clears `held`. Of one sequence's blocks the last is forgotten
  // first.
  void Release(std::vector<BlockId>& held);

  // What nobody refers to is no longer known.
  void ForgetFree();

  uint32_t blocks() const { return capacity_; }
  uint32_t free_blocks() const { return free_; }
  // Share of the blocks that are referred to, as vLLM reports it.
  double Usage() const;

 private:
  struct Block {
    uint64_t hash = 0;
    uint32_t references = 0;
    bool findable = false;
    BlockId previous = 0;  // in the ring of free blocks
    BlockId next = 0;
  };

  static constexpr BlockId kRing = 0;  // the anchor: oldest after it, newest before it

  BlockId TakeFresh();
  void Unlink(BlockId block);
  void LinkBefore(BlockId position, BlockId block);
  void Take(BlockId block);

  uint32_t capacity_;
  uint32_t free_;
  std::vector<Block> blocks_;  // the anchor and every block that has ever been used
  std::unordered_map<uint64_t, BlockId> by_hash_;
};

}  // namespace fairway::modelsim
