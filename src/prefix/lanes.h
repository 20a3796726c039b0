#pragma once
// Lanes: which bit of the table's entries stands for which endpoint. An entry has room for one
// group of 64 lanes, so an endpoint is a lane: group = lane / 64, bit = lane % 64. Lanes are given
// out lowest first, which keeps a pool of up to 64 endpoints within one group.
//
// Invariant: a lane is given out again only after its bits were swept from the whole table. Until
// then it is not live, and readers mask it away. That makes forgetting an endpoint O(1).

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "prefix/limits.h"

namespace fairway::prefix {

inline constexpr uint32_t kLanesPerGroup = 64;
// Twice as many lanes as slots: as many may await sweeping as are in use.
inline constexpr uint32_t kMaxGroups = 2 * kMaxSlots / kLanesPerGroup;

using GroupMasks = std::array<uint64_t, kMaxGroups>;

// A lane as it was given out: `given` tells it from the same lane given out again.
struct Lane {
  uint32_t number = 0;
  uint64_t given = 0;
  uint32_t group() const { return number / kLanesPerGroup; }
  uint64_t bit() const { return uint64_t{1} << (number % kLanesPerGroup); }
};

class Lanes {
 public:
  // Any thread, all of them.

  // The lane of the slot's endpoint, given out now if it has none; a newer generation gets a new
  // one. nullopt if the generation is older than the one known, or no lane is free.
  std::optional<Lane> Of(uint32_t slot, uint32_t generation);
  // The lane the slot's endpoint of that very generation has; nullopt if it has none.
  std::optional<Lane> Find(uint32_t slot, uint32_t generation) const;
  void Forget(uint32_t slot);

  uint64_t Live(uint32_t group) const { return live_[group].load(std::memory_order_acquire); }
  // Whether that lane is still the endpoint's it was given for.
  bool IsLive(const Lane& lane) const {
    return given_[lane.number].load(std::memory_order_relaxed) == lane.given &&
           (Live(lane.group()) & lane.bit()) != 0;
  }
  // How many lanes were given out so far: a moment, for SlotOf.
  uint64_t Now() const { return now_.load(std::memory_order_acquire); }
  // The slot of a lane that was live at that moment; kMaxSlots if it has been given out again
  // since.
  uint32_t SlotOf(uint32_t number, uint64_t moment) const {
    const uint32_t slot = slot_of_[number].load(std::memory_order_acquire);
    return given_[number].load(std::memory_order_relaxed) <= moment ? slot : kMaxSlots;
  }
  // Groups at and above this were never used.
  uint32_t groups() const { return groups_.load(std::memory_order_acquire); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // Sweeping: BeginSweep hands over the lanes to sweep (false if there are none or a sweep is under
  // way); EndSweep, after the whole table was swept of them, makes them free.
  bool NeedsSweep() const { return unswept_.load(std::memory_order_relaxed) != 0; }
  bool BeginSweep(GroupMasks& to_sweep);
  void EndSweep();

 private:
  // A slot's word: generation in the high half; lane + 1, or 0 for none, in the low half.
  static uint32_t GenerationOf(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
  static uint32_t LaneOf(uint64_t word) { return static_cast<uint32_t>(word) - 1; }
  static bool HasLane(uint64_t word) { return static_cast<uint32_t>(word) != 0; }

  std::optional<uint32_t> TakeFree();
  void Give(uint32_t number, uint32_t slot);
  void Retire(uint32_t number);
  Lane LaneNumbered(uint32_t number) const {
    return {number, given_[number].load(std::memory_order_acquire)};
  }

  std::array<std::atomic<uint64_t>, kMaxSlots> slots_{};
  std::array<std::atomic<uint64_t>, kMaxGroups> live_{};
  std::array<std::atomic<uint32_t>, size_t{kMaxGroups} * kLanesPerGroup> slot_of_{};
  std::array<std::atomic<uint64_t>, size_t{kMaxGroups} * kLanesPerGroup> given_{};
  std::atomic<uint64_t> now_{0};
  std::atomic<uint32_t> groups_{0};
  std::atomic<uint32_t> unswept_{0};  // lanes in retired_ and sweeping_
  std::atomic<uint64_t> refused_{0};

  std::mutex mutex_;  // guards what follows, and every write of the above
  GroupMasks retired_{};
  GroupMasks sweeping_{};
  bool sweep_under_way_ = false;
};

}  // namespace fairway::prefix
