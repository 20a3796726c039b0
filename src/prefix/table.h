#pragma once
// Table: block hash -> which lanes of one group hold it. A fixed-size cache of 16-byte entries.
//
// Shape, and why. An entry lives in one of two buckets of four (64 bytes, one cache line each),
// found from its own key: two choices fill a table to three quarters before anything must go, and
// give eviction eight candidates, of which the one least recently inserted loses. Endpoints are a
// 64-bit set in the entry; more than 64 endpoints are several groups, each with entries of its own,
// so that a pool of up to 64 pays nothing for the possibility, and a match over more stops, group
// by group, where its last candidate drops out. (Interned endpoint sets would need reference counts
// across threads; one entry an endpoint, a probe each.)
//
// 64 shards. Each starts with 1 KiB and doubles in place, within memory reserved but untouched
// until then, so that an idle process stays small; it never passes its share of the limit.
//
// Readers take no lock: an entry is two atomic words, and a reader that sees the key unchanged
// around reading the set has read a set of that key. While a shard grows or an entry moves, a
// reader may miss it: a cache hint lost, nothing else.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "prefix/lanes.h"

namespace fairway::prefix {

class Table {
 public:
  static constexpr size_t kShards = 64;
  static constexpr size_t kWays = 4;

  struct Entry {
    std::atomic<uint64_t>
        tag;  // 0: empty. The low 8 bits are the age: the shard's epoch when last noted
    std::atomic<uint64_t> lanes;
  };
  struct alignas(64) Bucket {
    std::array<Entry, kWays> entries;
  };

  // `limit_bytes` is rounded down to a power of two, at least 64 KiB. `lanes` tells which are live;
  // it must outlive the table.
  Table(size_t limit_bytes, const Lanes& lanes);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // A block in a group, and where its entry may be. Stays right; a shard that grows meanwhile makes
  // it miss. Left uninitialised on purpose: a walk keeps a ring of them.
  struct Aim {
    uint64_t tag;  // 49 bits of hash, 7 of group, 8 zero where an entry keeps its age
    uint32_t shard;
    Bucket* first;
    Bucket* second;
  };
  // Aims, and starts to fetch both buckets. Hashes must be well mixed in all bits.
  void TakeAim(uint64_t hash, uint32_t group, Aim& aim) const {
    constexpr uint64_t kHashBit = uint64_t{1} << 15;
    const uint64_t key = hash ^ (group * uint64_t{0x9e3779b97f4a7c15});
    const uint64_t hash_bits = std::max(key & ~(kHashBit - 1), kHashBit);  // a tag of 0 means empty
    aim.tag = hash_bits | (uint64_t{group} << 8);
    aim.shard = static_cast<uint32_t>(key % kShards);
    Reaim(aim);
    __builtin_prefetch(aim.first);
    __builtin_prefetch(aim.second);
  }

  // The lanes noted there, dead ones included; 0 if none.
  uint64_t Find(const Aim& aim) const {
    const Entry* entry = FindEntry(aim);
    if (entry == nullptr) return 0;
    const uint64_t lanes = entry->lanes.load(std::memory_order_acquire);
    // Whoever gives the entry to another block empties the tag before it writes the set.
    return IsOf(*entry, aim) ? lanes : 0;
  }

  // Notes the lane there, unless it is no longer live, and makes the entry young; makes place if it
  // must.
  void Note(Aim aim, const Lane& lane);
  // Takes the lane away there, if it is noted.
  void Erase(Aim aim, const Lane& lane);

  // Sweeps at most `buckets` buckets, from `place` on, of the lanes in `gone`, and moves `place`.
  // True when the whole table is done.
  struct Place {
    uint32_t shard = 0;
    size_t bucket = 0;
  };
  bool Sweep(Place& place, size_t buckets, const GroupMasks& gone);

  size_t limit_bytes() const { return limit_bytes_; }
  size_t bytes() const;
  uint64_t entries() const;
  uint64_t evictions() const;

 private:
  struct Shard;  // what writers need

  static constexpr size_t kLeastBuckets = 16;  // of a shard: 1 KiB
  static constexpr uint64_t kAgeBits = 0xff;

  // The ways of an entry into its table: two buckets, and in the first a way that is tried first,
  // where most entries of a table that is not crowded are.
  static size_t FirstOf(uint64_t tag, size_t mask) { return (tag >> 15) & mask; }
  static size_t SecondOf(uint64_t tag, size_t mask) { return (tag >> 39) & mask; }
  static size_t WayOf(uint64_t tag) { return tag >> 62; }
  static uint32_t GroupOf(uint64_t tag) { return static_cast<uint32_t>(tag >> 8) % kMaxGroups; }

  // Bucket b of a shard, b within [S, 2S), S a power of two: after all buckets below S of all
  // shards come those of shard 0 in this range, of shard 1, and so on. The first range is [0,
  // kLeastBuckets).
  Bucket& BucketAt(uint32_t shard, size_t number) const {
    if (number < kLeastBuckets) return buckets_[shard * kLeastBuckets + number];
    const size_t range = std::bit_floor(number);
    return buckets_[range * (kShards + shard) + number - range];
  }
  size_t SizeOf(uint32_t shard) const {
    return size_t{masks_[shard].load(std::memory_order_relaxed)} + 1;
  }
  void Reaim(Aim& aim) const {
    const size_t mask = masks_[aim.shard].load(std::memory_order_acquire);
    aim.first = &BucketAt(aim.shard, FirstOf(aim.tag, mask));
    aim.second = &BucketAt(aim.shard, SecondOf(aim.tag, mask));
  }
  static bool IsOf(const Entry& entry, const Aim& aim) {
    return (entry.tag.load(std::memory_order_acquire) & ~kAgeBits) == aim.tag;
  }
  static Entry* FindEntry(const Aim& aim) {
    if (Entry& likely = aim.first->entries[WayOf(aim.tag)]; IsOf(likely, aim)) return &likely;
    for (Bucket* bucket : {aim.first, aim.second}) {
      for (Entry& entry : bucket->entries) {
        if (IsOf(entry, aim)) return &entry;
      }
    }
    return nullptr;
  }
  Entry& MakePlace(Shard& shard, Aim& aim);
  Entry* FreeEntry(const Aim& aim) const;
  Entry* MoveOne(const Aim& aim) const;
  void Copy(const Entry& from, Entry& to) const;
  void CountFilled(uint32_t shard);
  static Entry& Oldest(const Aim& aim, uint8_t epoch);
  void Grow(uint32_t shard);

  const Lanes& lanes_;
  size_t limit_bytes_;
  size_t most_buckets_;  // of one shard
  Bucket* buckets_;
  // Of each shard, its number of buckets less one. Written when it grows, read by everyone.
  alignas(64) std::array<std::atomic<uint32_t>, kShards> masks_;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace fairway::prefix
