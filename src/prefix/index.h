#pragma once
// Index: which endpoints probably hold which prompt blocks, learned from where requests were sent.
// One a process, shared by all workers; approximate by nature (an engine evicts without telling),
// so a lost or late entry costs a cache hit, never correctness.
//
// A match is contiguous: an endpoint's score is the number of leading blocks it holds itself. The
// table never exceeds its byte limit: the least recently inserted of eight candidates goes
// (prefix/table.h). A forgotten endpoint vanishes at once, its marks are swept away later
// (prefix/lanes.h).
//
// Match takes no lock and writes nothing. Insert locks one of 64 shards for some tens of
// nanoseconds a block.

#include <cstdint>
#include <memory>
#include <span>

#include "prefix/limits.h"

namespace fairway::prefix {

inline constexpr size_t kDefaultIndexBytes = size_t{64} << 20;

class Index {
 public:
  struct Options {
    // Rounded down to a power of two, at least 64 KiB. Fixed overhead beside it: about 200 KiB.
    size_t limit_bytes = kDefaultIndexBytes;
  };
  explicit Index(const Options& options);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Any thread. Sets matched_by_slot[s] to the number of leading blocks that slot s holds, 0 for
  // most, and returns the largest. Slots beyond the span are left out; blocks are hashes of
  // BlockHasher.
  uint32_t Match(std::span<const uint64_t> blocks, std::span<uint32_t> matched_by_slot) const;

  // Any thread. The endpoint in `slot` (< kMaxSlots) was sent a prompt of these blocks. A newer
  // generation than the slot was known with forgets the old endpoint; an older one is ignored.
  void Insert(std::span<const uint64_t> blocks, uint32_t slot, uint32_t generation);

  // Any thread. What Insert taught of these blocks was wrong: that very generation does not hold
  // them.
  void Erase(std::span<const uint64_t> blocks, uint32_t slot, uint32_t generation);

  // Any thread. The endpoint of the slot is gone or lost its cache (restarted). O(1).
  void Forget(uint32_t slot);

  // Any thread; relaxed reads, for metrics.
  struct Stats {
    size_t limit_bytes = 0;
    size_t bytes = 0;        // what the table takes now; never above limit_bytes
    uint64_t entries = 0;    // blocks held; an endpoint group of 64 lanes counts its own
    uint64_t evictions = 0;  // entries that gave way to newer ones while still of use
    uint64_t dropped = 0;    // inserts refused because every lane awaits sweeping
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairway::prefix
