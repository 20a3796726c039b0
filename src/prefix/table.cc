#include "prefix/table.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <thread>

namespace fairway::prefix {
namespace {

constexpr size_t kLeastBuckets = 16;                     // 1 KiB a shard
constexpr std::align_val_t kAlignment{size_t{2} << 20};  // a huge page
// A shard's epoch moves on after this share of it was newly filled: 64 steps a turnover, and its 8
// bits come round after 4 turnovers, when hardly an entry is left that could look young by mistake.
constexpr size_t kEpochsATurnover = 64;

// Held for some tens of nanoseconds, once in a shard's life for some tens of microseconds
// (growing).
class SpinLock {
 public:
  void lock() {
    while (held_.exchange(true, std::memory_order_acquire)) {
      for (int i = 0; held_.load(std::memory_order_relaxed); ++i) {
        if (i > 256) std::this_thread::yield();  // its holder may have lost its core
      }
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

// Only a shard's lock holder moves its counters: no read-modify-write instruction is needed.
template <class T>
void Bump(std::atomic<T>& counter, T delta) {
  counter.store(static_cast<T>(counter.load(std::memory_order_relaxed) + delta),
                std::memory_order_relaxed);
}

}  // namespace

struct alignas(64) Table::Shard {
  SpinLock lock;
  std::atomic<uint8_t> epoch{0};
  size_t filled_in_epoch = 0;
  std::atomic<uint64_t> entries{0};
  std::atomic<uint64_t> evictions{0};
};

Table::Table(size_t limit_bytes, const Lanes& lanes)
    : lanes_(lanes),
      limit_bytes_(std::max(std::bit_floor(limit_bytes), kShards * kLeastBuckets * sizeof(Bucket))),
      most_buckets_(limit_bytes_ / kShards / sizeof(Bucket)),
      shards_(std::make_unique<std::array<Shard, kShards>>()) {
  static_assert(sizeof(Bucket) == 64);
  // Reserved, not touched: the operating system gives pages when a shard grows into them.
  buckets_ = static_cast<Bucket*>(::operator new(limit_bytes_, kAlignment));
  // Lookups are random: with small pages most would miss the TLB as well. A hint; failing is fine.
  madvise(buckets_, limit_bytes_, MADV_HUGEPAGE);
  std::uninitialized_value_construct_n(buckets_, kShards * kLeastBuckets);
  for (auto& mask : masks_) mask.store(kLeastBuckets - 1, std::memory_order_relaxed);
}

Table::~Table() { ::operator delete(static_cast<void*>(buckets_), kAlignment); }

void Table::Note(Aim aim, const Lane& lane) {
  Shard& shard = (*shards_)[aim.shard];
  if (const Entry* known = FindEntry(aim); known != nullptr) {
    // Most blocks of a busy prefix are noted already and young: nothing to write, no line to
    // bounce.
    const uint64_t tag = known->tag.load(std::memory_order_relaxed);
    const uint8_t epoch = shard.epoch.load(std::memory_order_relaxed);
    const uint64_t lanes = known->lanes.load(std::memory_order_relaxed);
    if (tag == (aim.tag | epoch) && (lanes & lane.bit()) != 0) return;
  }
  const std::lock_guard lock(shard.lock);
  // Seen under the lock: if it is retired from now on, the sweep comes to this shard after us; and
  // whoever noted another lane here did so after that one went live.
  if (!lanes_.IsLive(lane)) return;
  const uint64_t live = lanes_.Live(lane.group());
  Reaim(aim);
  Entry* entry = FindEntry(aim);
  if (entry == nullptr) {
    entry = &MakePlace(shard, aim);
    entry->tag.store(0, std::memory_order_release);
    entry->lanes.store(lane.bit(), std::memory_order_release);
    CountFilled(aim.shard);
  } else {
    const uint64_t lanes = entry->lanes.load(std::memory_order_relaxed);
    entry->lanes.store((lanes & live) | lane.bit(), std::memory_order_release);
  }
  entry->tag.store(aim.tag | shard.epoch.load(std::memory_order_relaxed),
                   std::memory_order_release);
}

void Table::Erase(Aim aim, const Lane& lane) {
  Shard& shard = (*shards_)[aim.shard];
  const std::lock_guard lock(shard.lock);
  Reaim(aim);
  Entry* const entry = FindEntry(aim);
  if (entry == nullptr || !lanes_.IsLive(lane)) return;
  const uint64_t left = entry->lanes.load(std::memory_order_relaxed) & ~lane.bit();
  entry->lanes.store(left, std::memory_order_release);
  if (left != 0) return;
  entry->tag.store(0, std::memory_order_release);
  Bump(shard.entries, ~uint64_t{0});
}

void Table::CountFilled(uint32_t number) {
  Shard& shard = (*shards_)[number];
  const size_t entries = SizeOf(number) * kWays;
  if (++shard.filled_in_epoch * kEpochsATurnover < entries) return;
  shard.filled_in_epoch = 0;
  Bump(shard.epoch, uint8_t{1});
}

Table::Entry& Table::MakePlace(Shard& shard, Aim& aim) {
  for (;;) {
    const size_t size = SizeOf(aim.shard);
    if (Entry* free = FreeEntry(aim); free != nullptr) {
      if (free->tag.load(std::memory_order_relaxed) == 0) Bump(shard.entries, uint64_t{1});
      return *free;
    }
    const uint64_t entries = shard.entries.load(std::memory_order_relaxed);
    if (entries * 8 < size * kWays * 7) {  // fuller than that, it is seldom worth the search
      if (Entry* moved = MoveOne(aim); moved != nullptr) {
        Bump(shard.entries, uint64_t{1});
        return *moved;
      }
    }
    // Nothing to be found in a nearly empty shard is a freak (or poor hashes): no reason to grow.
    if (size < most_buckets_ && entries * 4 >= size * kWays) {
      Grow(aim.shard);
      Reaim(aim);
      continue;
    }
    Bump(shard.evictions, uint64_t{1});
    return Oldest(aim, shard.epoch.load(std::memory_order_relaxed));
  }
}

// An entry of no use: empty, best where it is looked for first, else in the emptier bucket; or one
// whose endpoints are all gone.
Table::Entry* Table::FreeEntry(const Aim& aim) const {
  const auto is_empty = [](const Entry& e) { return e.tag.load(std::memory_order_relaxed) == 0; };
  if (Entry& likely = aim.first->entries[WayOf(aim.tag)]; is_empty(likely)) return &likely;
  Bucket& emptier = std::ranges::count_if(aim.second->entries, is_empty) >
                            std::ranges::count_if(aim.first->entries, is_empty)
                        ? *aim.second
                        : *aim.first;
  if (const auto empty = std::ranges::find_if(emptier.entries, is_empty);
      empty != emptier.entries.end()) {
    return &*empty;
  }
  for (Bucket* bucket : {aim.first, aim.second}) {
    for (Entry& entry : bucket->entries) {
      const uint64_t live = lanes_.Live(GroupOf(entry.tag.load(std::memory_order_relaxed)));
      if ((entry.lanes.load(std::memory_order_relaxed) & live) == 0) return &entry;
    }
  }
  return nullptr;
}

// Moves one of the eight to its other bucket, if that has room, and returns its old place. Right
// after a shard grew its entries are still spread unevenly; this evens them out where it matters.
Table::Entry* Table::MoveOne(const Aim& aim) const {
  const size_t mask = SizeOf(aim.shard) - 1;
  for (Bucket* bucket : {aim.first, aim.second}) {
    for (Entry& from : bucket->entries) {
      const uint64_t tag = from.tag.load(std::memory_order_relaxed);
      Bucket* other = &BucketAt(aim.shard, FirstOf(tag, mask));
      if (other == bucket) other = &BucketAt(aim.shard, SecondOf(tag, mask));
      for (Entry& to : other->entries) {
        if (to.tag.load(std::memory_order_relaxed) != 0) continue;
        Copy(from, to);
        return &from;
      }
    }
  }
  return nullptr;
}

// Without its dead lanes: a sweep may have passed the new place already, and not yet the old one.
void Table::Copy(const Entry& from, Entry& to) const {
  const uint64_t tag = from.tag.load(std::memory_order_relaxed);
  const uint64_t live = lanes_.Live(GroupOf(tag));
  to.lanes.store(from.lanes.load(std::memory_order_relaxed) & live, std::memory_order_release);
  to.tag.store(tag, std::memory_order_release);
}

Table::Entry& Table::Oldest(const Aim& aim, uint8_t epoch) {
  Entry* oldest = &aim.first->entries[0];
  uint8_t oldest_age = 0;
  for (Bucket* bucket : {aim.first, aim.second}) {
    for (Entry& entry : bucket->entries) {
      const auto noted = static_cast<uint8_t>(entry.tag.load(std::memory_order_relaxed) & kAgeBits);
      const auto age = static_cast<uint8_t>(epoch - noted);
      if (age <= oldest_age) continue;
      oldest_age = age;
      oldest = &entry;
    }
  }
  return *oldest;
}

// Doubles the shard in place. An entry of bucket i belongs to i or to i + size now; what moves
// keeps its way, so it never meets another.
void Table::Grow(uint32_t number) {
  const size_t size = SizeOf(number);
  const size_t mask = 2 * size - 1;
  std::uninitialized_value_construct_n(&BucketAt(number, size), size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t way = 0; way < kWays; ++way) {
      Entry& from = BucketAt(number, i).entries[way];
      const uint64_t tag = from.tag.load(std::memory_order_relaxed);
      if (tag == 0) continue;
      const bool is_first = FirstOf(tag, size - 1) == i;
      const size_t home = is_first ? FirstOf(tag, mask) : SecondOf(tag, mask);
      if (home == i) continue;
      Copy(from, BucketAt(number, home).entries[way]);
      from.tag.store(0, std::memory_order_release);
    }
  }
  masks_[number].store(static_cast<uint32_t>(mask), std::memory_order_release);
}

bool Table::Sweep(Place& place, size_t buckets, const GroupMasks& gone) {
  Shard& shard = (*shards_)[place.shard];
  const std::lock_guard lock(shard.lock);
  const size_t size = SizeOf(place.shard);
  const size_t end = std::min(size, place.bucket + buckets);
  for (; place.bucket < end; ++place.bucket) {
    for (Entry& entry : BucketAt(place.shard, place.bucket).entries) {
      const uint64_t tag = entry.tag.load(std::memory_order_relaxed);
      if (tag == 0) continue;
      const uint64_t lanes = entry.lanes.load(std::memory_order_relaxed);
      const uint64_t left = lanes & ~gone[GroupOf(tag)];
      if (left == lanes) continue;
      entry.lanes.store(left, std::memory_order_release);
      if (left != 0) continue;
      entry.tag.store(0, std::memory_order_release);
      Bump(shard.entries, ~uint64_t{0});
    }
  }
  if (place.bucket < size) return false;
  place.bucket = 0;
  ++place.shard;
  return place.shard == kShards;
}

size_t Table::bytes() const {
  size_t buckets = 0;
  for (uint32_t shard = 0; shard < kShards; ++shard) buckets += SizeOf(shard);
  return buckets * sizeof(Bucket);
}

uint64_t Table::entries() const {
  uint64_t sum = 0;
  for (const Shard& shard : *shards_) sum += shard.entries.load(std::memory_order_relaxed);
  return sum;
}

uint64_t Table::evictions() const {
  uint64_t sum = 0;
  for (const Shard& shard : *shards_) sum += shard.evictions.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace fairway::prefix
