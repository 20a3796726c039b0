#include "modelsim/engine/kv_cache.h"

#include <ranges>

#include "base/check.h"

namespace fairway::modelsim {

KvCache::KvCache(uint32_t blocks) : capacity_(blocks), free_(blocks), blocks_(1) {
  CHECK(blocks > 0);
}

uint32_t KvCache::Match(std::span<const uint64_t> hashes) const {
  uint32_t matched = 0;
  for (const uint64_t hash : hashes) {
    if (!by_hash_.contains(hash)) break;
    ++matched;
  }
  return matched;
}

bool KvCache::Acquire(std::span<const uint64_t> cached, uint32_t fresh,
                      std::vector<BlockId>& held) {
  uint32_t revived = 0;
  for (const uint64_t hash : cached) {
    const auto found = by_hash_.find(hash);
    CHECK(found != by_hash_.end());
    if (blocks_[found->second].references == 0) ++revived;
  }
  if (revived + uint64_t{fresh} > free_) return false;
  for (const uint64_t hash : cached) {
    const BlockId block = by_hash_.find(hash)->second;
    if (blocks_[block].references == 0) Take(block);
    ++blocks_[block].references;
    held.push_back(block);
  }
  for (uint32_t i = 0; i < fresh; ++i) {
    const BlockId block = TakeFresh();
    blocks_[block].references = 1;
    held.push_back(block);
  }
  return true;
}

BlockId KvCache::TakeFresh() {
  // What is empty before what is known: the front of the ring if it cannot be found, then a block
  // that has never been used, then the oldest of the known ones.
  const BlockId oldest = blocks_[kRing].next;
  const bool empty = oldest != kRing && !blocks_[oldest].findable;
  if (!empty && blocks_.size() <= capacity_) {
    --free_;
    blocks_.emplace_back();
    return static_cast<BlockId>(blocks_.size() - 1);
  }
  Take(oldest);
  Block& taken = blocks_[oldest];
  if (taken.findable) by_hash_.erase(taken.hash);
  taken.findable = false;
  return oldest;
}

void KvCache::Publish(BlockId block, uint64_t hash) {
  Block& published = blocks_[block];
  DCHECK(published.references > 0);
  if (published.findable) return;
  if (!by_hash_.try_emplace(hash, block).second) return;
  published.hash = hash;
  published.findable = true;
}

void KvCache::Release(std::vector<BlockId>& held) {
  for (const BlockId block : held | std::views::reverse) {
    Block& released = blocks_[block];
    CHECK(released.references > 0);
    if (--released.references > 0) continue;
    // What cannot be found again is the first to be used.
    LinkBefore(released.findable ? kRing : blocks_[kRing].next, block);
    ++free_;
  }
  held.clear();
}

void KvCache::ForgetFree() {
  for (BlockId block = blocks_[kRing].next; block != kRing; block = blocks_[block].next) {
    Block& free = blocks_[block];
    if (free.findable) by_hash_.erase(free.hash);
    free.findable = false;
  }
}

double KvCache::Usage() const {
  return static_cast<double>(blocks() - free_) / static_cast<double>(blocks());
}

void KvCache::Unlink(BlockId block) {
  Block& unlinked = blocks_[block];
  blocks_[unlinked.previous].next = unlinked.next;
  blocks_[unlinked.next].previous = unlinked.previous;
}

void KvCache::LinkBefore(BlockId position, BlockId block) {
  const BlockId previous = blocks_[position].previous;
  blocks_[block].previous = previous;
  blocks_[block].next = position;
  blocks_[previous].next = block;
  blocks_[position].previous = block;
}

void KvCache::Take(BlockId block) {
  Unlink(block);
  --free_;
}

}  // namespace fairway::modelsim
