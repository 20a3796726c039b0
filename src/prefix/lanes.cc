#include "prefix/lanes.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace fairway::prefix {

std::optional<Lane> Lanes::Of(uint32_t slot, uint32_t generation) {
  if (const std::optional<Lane> lane = Find(slot, generation)) return lane;
  const std::lock_guard lock(mutex_);
  uint64_t word = slots_[slot].load(std::memory_order_relaxed);
  const auto newer = static_cast<int32_t>(generation - GenerationOf(word));
  if (word != 0 && newer < 0) return std::nullopt;
  if (HasLane(word)) {
    if (newer == 0) return LaneNumbered(LaneOf(word));
    Retire(LaneOf(word));
  }
  const std::optional<uint32_t> number = TakeFree();
  word = uint64_t{generation} << 32;
  if (number) {
    Give(*number, slot);
    word |= *number + 1;
  } else {
    refused_.fetch_add(1, std::memory_order_relaxed);
  }
  slots_[slot].store(word, std::memory_order_release);
  if (!number) return std::nullopt;
  return LaneNumbered(*number);
}

std::optional<Lane> Lanes::Find(uint32_t slot, uint32_t generation) const {
  CHECK(slot < kMaxSlots);
  const uint64_t word = slots_[slot].load(std::memory_order_acquire);
  if (!HasLane(word) || GenerationOf(word) != generation) return std::nullopt;
  const Lane lane = LaneNumbered(LaneOf(word));
  // Still the slot's after its stamp was read, so that stamp is the slot's and not a successor's.
  if (slots_[slot].load(std::memory_order_acquire) != word) return std::nullopt;
  return lane;
}

void Lanes::Forget(uint32_t slot) {
  CHECK(slot < kMaxSlots);
  const std::lock_guard lock(mutex_);
  const uint64_t word = slots_[slot].load(std::memory_order_relaxed);
  if (!HasLane(word)) return;
  Retire(LaneOf(word));
  slots_[slot].store(word & ~uint64_t{0xffffffff}, std::memory_order_release);
}

std::optional<uint32_t> Lanes::TakeFree() {
  for (uint32_t group = 0; group < kMaxGroups; ++group) {
    const uint64_t taken =
        live_[group].load(std::memory_order_relaxed) | retired_[group] | sweeping_[group];
    if (taken == ~uint64_t{0}) continue;
    const uint32_t known = groups_.load(std::memory_order_relaxed);
    groups_.store(std::max(known, group + 1), std::memory_order_release);
    return group * kLanesPerGroup + static_cast<uint32_t>(std::countr_one(taken));
  }
  return std::nullopt;
}

void Lanes::Give(uint32_t number, uint32_t slot) {
  const uint64_t moment = now_.load(std::memory_order_relaxed) + 1;
  given_[number].store(moment, std::memory_order_relaxed);
  slot_of_[number].store(slot, std::memory_order_release);
  const Lane lane = LaneNumbered(number);
  live_[lane.group()].fetch_or(lane.bit(), std::memory_order_release);
  now_.store(moment, std::memory_order_release);
}

void Lanes::Retire(uint32_t number) {
  const Lane lane = LaneNumbered(number);
  live_[lane.group()].fetch_and(~lane.bit(), std::memory_order_release);
  retired_[lane.group()] |= lane.bit();
  unswept_.fetch_add(1, std::memory_order_relaxed);
}

bool Lanes::BeginSweep(GroupMasks& to_sweep) {
  const std::lock_guard lock(mutex_);
  if (sweep_under_way_ || std::ranges::all_of(retired_, [](uint64_t m) { return m == 0; })) {
    return false;
  }
  sweeping_ = retired_;
  retired_ = {};
  sweep_under_way_ = true;
  to_sweep = sweeping_;
  return true;
}

void Lanes::EndSweep() {
  const std::lock_guard lock(mutex_);
  CHECK(sweep_under_way_);
  uint32_t swept = 0;
  for (const uint64_t mask : sweeping_) swept += static_cast<uint32_t>(std::popcount(mask));
  sweeping_ = {};
  sweep_under_way_ = false;
  unswept_.fetch_sub(swept, std::memory_order_relaxed);
}

}  // namespace fairway::prefix
