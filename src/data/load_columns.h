#pragma once
// LoadColumns: what each model server last said about its own load, by slot. The scraper writes in
// place, workers read; no lock. Invariant: a reader sees a figure only while it is fresh and of the
// very generation it asked for; else it sees "unknown", never an old value and never zero.
//
// What a decision reads of a slot is half a cache line: a scrape invalidates one line, and a
// decision over a thousand endpoints reads 32 KiB. Figures of one slot can be of two successive
// scrapes; nothing depends on their unity.

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "data/slots.h"
#include "model/endpoint.h"

namespace fairway::data {

inline constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
inline bool Known(float figure) { return figure == figure; }

inline constexpr size_t kMaxLoraNames = 16;  // adapters kept of each list; more are not remembered

// An adapter's name as the LoRA columns hold it (FNV-1a, 64 bits).
uint64_t AdapterKey(std::string_view name);

// One scrape. A figure that the page lacks stays kUnknown; a figure that makes no sense (negative,
// not finite) becomes unknown, KV use above 1 becomes 1.
struct LoadReport {
  float waiting = kUnknown;        // requests queued in the server
  float running = kUnknown;        // requests in its batch
  float kv_usage = kUnknown;       // 0..1 of its KV blocks
  uint32_t block_size_tokens = 0;  // 0: not told
  uint32_t kv_blocks = 0;          // 0: not told
  // Sum of its prompt and generation token counters, if it has any; see Health::TokensSeen.
  std::optional<uint64_t> tokens_total;
  // Adapter names; 0: the server has no LoRA information.
  uint32_t max_loras = 0;
  std::span<const std::string_view> running_loras;
  std::span<const std::string_view> waiting_loras;
};

struct Load {
  float waiting = kUnknown;
  float running = kUnknown;
  float kv_usage = kUnknown;
};

struct LoraLoad {
  uint32_t max_loras = 0;
  std::vector<uint64_t> running;  // AdapterKey of each
  std::vector<uint64_t> waiting;
};

// Where one adapter stands at one server.
enum class LoraState : uint8_t {
  kUntold,   // by the server, or long ago
  kRunning,  // requests of it run there
  kRoom,     // not, and there is a slot for it
  kWaiting,  // no slot, and requests of it wait for one
  kFull,     // no slot
};

// "untold", "running", "room", "waiting", "full".
std::string_view LoraStateName(LoraState state);

class LoadColumns {
 public:
  // The scraper's thread only. The report counts as unknown after `stale_after`, which follows the
  // scrape interval in effect (a few intervals).
  void Report(model::EndpointId id, const LoadReport& report, base::TimePoint now,
              base::Duration stale_after);
  // The scraper's thread only: what was reported is no longer true (connection refused, say).
  void Forget(model::EndpointId id);

  // Any thread, each. Stale or of another generation: unknown.
  Load Read(model::EndpointId id, base::TimePoint now) const {
    const Cell& cell = cells_[id.slot];
    if (cell.generation.load(std::memory_order_acquire) != id.generation ||
        now.time_since_epoch().count() >= cell.fresh_until.load(std::memory_order_relaxed))
      return {};
    return {.waiting = cell.waiting.load(std::memory_order_relaxed),
            .running = cell.running.load(std::memory_order_relaxed),
            .kv_usage = cell.kv_usage.load(std::memory_order_relaxed)};
  }
  // Many at once. All spans have one size. True if every figure is known.
  bool Gather(std::span<const model::EndpointId> ids, base::TimePoint now, std::span<float> waiting,
              std::span<float> running, std::span<float> kv_usage) const;
  // When the last report came; empty before the first.
  std::optional<base::TimePoint> ReportedAt(model::EndpointId id) const;
  // Facts that do not go stale; 0 if never told.
  uint32_t BlockSizeTokens(model::EndpointId id) const;
  uint32_t KvBlocks(model::EndpointId id) const;
  LoraLoad Loras(model::EndpointId id, base::TimePoint now) const;
  // Any thread, on the request path.
  LoraState LoraStateOf(model::EndpointId id, uint64_t adapter_key, base::TimePoint now) const;

 private:
  struct alignas(32) Cell {
    std::atomic<uint32_t> generation;
    std::atomic<float> waiting;
    std::atomic<float> running;
    std::atomic<float> kv_usage;
    std::atomic<uint32_t> block_size_tokens;
    std::atomic<uint32_t> kv_blocks;
    std::atomic<int64_t> fresh_until;  // of LoopClock
  };
  static_assert(sizeof(Cell) == 32);
  struct LoraCell {
    std::atomic<uint32_t> max_loras;
    std::atomic<uint32_t> running;
    std::atomic<uint32_t> waiting;
    std::atomic<uint64_t> running_keys[kMaxLoraNames];
    std::atomic<uint64_t> waiting_keys[kMaxLoraNames];
  };
  const Cell* CellOf(model::EndpointId id) const;

  SlotArray<Cell> cells_;
  SlotArray<std::atomic<int64_t>> reported_at_;  // of LoopClock
  SlotArray<LoraCell> loras_;
};

}  // namespace fairway::data
