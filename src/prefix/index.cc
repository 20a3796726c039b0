#include "prefix/index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>

#include "prefix/lanes.h"
#include "prefix/table.h"

namespace fairway::prefix {
namespace {

// Far enough ahead for a cache line to arrive from memory. A power of two.
constexpr size_t kAhead = 16;
// Buckets swept with each insert while forgotten endpoints leave marks: about a microsecond.
constexpr size_t kSweptAnInsert = 64;

// Calls visit(aim) for each block in order until it returns false, with the memory for the next
// ones on its way.
template <class Visit>
void Walk(const Table& table, std::span<const uint64_t> blocks, uint32_t group, Visit visit) {
  if (blocks.empty()) return;
  std::array<Table::Aim, kAhead> ring;  // block i's at i % kAhead
  table.TakeAim(blocks[0], group, ring[0]);
  if (!visit(ring[0])) return;
  // The rest only now: most walks of a miss end at the first block.
  const size_t started = std::min(blocks.size(), kAhead);
  for (size_t i = 1; i < started; ++i) table.TakeAim(blocks[i], group, ring[i]);
  for (size_t i = 1; i < blocks.size(); ++i) {
    const size_t next = i + kAhead - 1;  // takes the place of block i - 1
    if (next < blocks.size()) table.TakeAim(blocks[next], group, ring[next % kAhead]);
    if (!visit(ring[i % kAhead])) return;
  }
}

}  // namespace

struct Index::State {
  explicit State(size_t limit_bytes) : table(limit_bytes, lanes) {}

  Lanes lanes;
  Table table;

  std::mutex sweep_mutex;  // guards what follows; whoever finds it taken goes on without
  bool sweeping = false;
  Table::Place place;
  GroupMasks gone;

  // Writes `matched` for every lane of the set; whether any was within the span.
  bool Note(uint32_t group, uint64_t lane_set, uint64_t moment, uint32_t matched,
            std::span<uint32_t> by_slot) const {
    bool any = false;
    for (; lane_set != 0; lane_set &= lane_set - 1) {
      const auto bit = static_cast<uint32_t>(std::countr_zero(lane_set));
      const uint32_t slot = lanes.SlotOf(group * kLanesPerGroup + bit, moment);
      if (slot >= by_slot.size()) continue;
      by_slot[slot] = matched;
      any = true;
    }
    return any;
  }

  uint32_t MatchGroup(std::span<const uint64_t> blocks, uint32_t group,
                      std::span<uint32_t> by_slot) const {
    const uint64_t moment = lanes.Now();
    uint64_t holding = lanes.Live(group);
    if (holding == 0) return 0;
    uint32_t matched = 0;  // leading blocks that all of `holding` hold
    uint32_t most = 0;
    Walk(table, blocks, group, [&](const Table::Aim& aim) {
      const uint64_t still = table.Find(aim) & holding;
      if (matched > 0 && still != holding &&
          Note(group, holding & ~still, moment, matched, by_slot)) {
        most = matched;
      }
      holding = still;
      matched += holding != 0 ? 1 : 0;
      return holding != 0;
    });
    return holding != 0 && Note(group, holding, moment, matched, by_slot) ? matched : most;
  }

  void SweepSome() {
    const std::unique_lock lock(sweep_mutex, std::try_to_lock);
    if (!lock.owns_lock()) return;
    if (!sweeping) {
      sweeping = lanes.BeginSweep(gone);
      place = {};
    }
    if (sweeping && table.Sweep(place, kSweptAnInsert, gone)) {
      sweeping = false;
      lanes.EndSweep();
    }
  }
};

Index::Index(const Options& options) : state_(std::make_unique<State>(options.limit_bytes)) {}
Index::~Index() = default;

uint32_t Index::Match(std::span<const uint64_t> blocks, std::span<uint32_t> matched_by_slot) const {
  std::ranges::fill(matched_by_slot, 0);
  uint32_t most = 0;
  if (blocks.empty()) return most;
  const uint32_t groups = state_->lanes.groups();
  for (uint32_t group = 1; group < groups; ++group) {
    Table::Aim aim;
    state_->table.TakeAim(blocks[0], group, aim);  // for its fetching
  }
  for (uint32_t group = 0; group < groups; ++group) {
    most = std::max(most, state_->MatchGroup(blocks, group, matched_by_slot));
  }
  return most;
}

void Index::Insert(std::span<const uint64_t> blocks, uint32_t slot, uint32_t generation) {
  if (state_->lanes.NeedsSweep()) state_->SweepSome();
  const std::optional<Lane> lane = state_->lanes.Of(slot, generation);
  if (!lane) return;
  Walk(state_->table, blocks, lane->group(), [&](const Table::Aim& aim) {
    state_->table.Note(aim, *lane);
    return true;
  });
}

void Index::Erase(std::span<const uint64_t> blocks, uint32_t slot, uint32_t generation) {
  const std::optional<Lane> lane = state_->lanes.Find(slot, generation);
  if (!lane) return;
  Walk(state_->table, blocks, lane->group(), [&](const Table::Aim& aim) {
    state_->table.Erase(aim, *lane);
    return true;
  });
}

void Index::Forget(uint32_t slot) { state_->lanes.Forget(slot); }

Index::Stats Index::stats() const {
  return {.limit_bytes = state_->table.limit_bytes(),
          .bytes = state_->table.bytes(),
          .entries = state_->table.entries(),
          .evictions = state_->table.evictions(),
          .dropped = state_->lanes.refused()};
}

}  // namespace fairway::prefix
