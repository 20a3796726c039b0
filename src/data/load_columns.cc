#include "data/load_columns.h"

#include <algorithm>

namespace fairway::data {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Finite and not negative, else unknown.
float Sane(float figure) { return std::isfinite(figure) && figure >= 0 ? figure : kUnknown; }

uint32_t StoreKeys(std::span<const std::string_view> names,
                   std::atomic<uint64_t> (&keys)[kMaxLoraNames]) {
  const size_t count = std::min(names.size(), kMaxLoraNames);
  for (size_t i = 0; i < count; ++i) keys[i].store(AdapterKey(names[i]), kRelaxed);
  return static_cast<uint32_t>(count);
}

}  // namespace

uint64_t AdapterKey(std::string_view name) { return model::NameKey(name); }

void LoadColumns::Report(model::EndpointId id, const LoadReport& report, base::TimePoint now,
                         base::Duration stale_after) {
  CHECK(id.slot < kMaxSlots && id.valid());
  Cell& cell = cells_[id.slot];
  cell.waiting.store(Sane(report.waiting), kRelaxed);
  cell.running.store(Sane(report.running), kRelaxed);
  cell.kv_usage.store(std::min(Sane(report.kv_usage), 1.0f), kRelaxed);
  cell.block_size_tokens.store(report.block_size_tokens, kRelaxed);
  cell.kv_blocks.store(report.kv_blocks, kRelaxed);
  reported_at_[id.slot].store(now.time_since_epoch().count(), kRelaxed);
  cell.fresh_until.store((now + stale_after).time_since_epoch().count(), kRelaxed);
  if (report.max_loras != 0 || loras_[id.slot].max_loras.load(kRelaxed) != 0) {
    LoraCell& loras = loras_[id.slot];
    loras.max_loras.store(report.max_loras, kRelaxed);
    loras.running.store(StoreKeys(report.running_loras, loras.running_keys), kRelaxed);
    loras.waiting.store(StoreKeys(report.waiting_loras, loras.waiting_keys), kRelaxed);
  }
  // Last: whoever sees the generation sees figures of this generation.
  cell.generation.store(id.generation, std::memory_order_release);
}

bool LoadColumns::Gather(std::span<const model::EndpointId> ids, base::TimePoint now,
                         std::span<float> waiting, std::span<float> running,
                         std::span<float> kv_usage) const {
  CHECK(waiting.size() == ids.size() && running.size() == ids.size() &&
        kv_usage.size() == ids.size());
  bool known = true;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Load load = Read(ids[i], now);
    waiting[i] = load.waiting;
    running[i] = load.running;
    kv_usage[i] = load.kv_usage;
    known &= Known(load.waiting + load.running + load.kv_usage);
  }
  return known;
}

void LoadColumns::Forget(model::EndpointId id) {
  CHECK(id.slot < kMaxSlots);
  Cell& cell = cells_[id.slot];
  if (cell.generation.load(kRelaxed) == id.generation) cell.fresh_until.store(0, kRelaxed);
}

const LoadColumns::Cell* LoadColumns::CellOf(model::EndpointId id) const {
  const Cell& cell = cells_[id.slot];
  const bool same = cell.generation.load(std::memory_order_acquire) == id.generation;
  return same && id.valid() ? &cell : nullptr;
}

std::optional<base::TimePoint> LoadColumns::ReportedAt(model::EndpointId id) const {
  if (CellOf(id) == nullptr) return std::nullopt;
  return base::TimePoint(base::Duration(reported_at_[id.slot].load(kRelaxed)));
}

uint32_t LoadColumns::BlockSizeTokens(model::EndpointId id) const {
  const Cell* cell = CellOf(id);
  return cell == nullptr ? 0 : cell->block_size_tokens.load(kRelaxed);
}

uint32_t LoadColumns::KvBlocks(model::EndpointId id) const {
  const Cell* cell = CellOf(id);
  return cell == nullptr ? 0 : cell->kv_blocks.load(kRelaxed);
}

std::string_view LoraStateName(LoraState state) {
  constexpr std::string_view kNames[] = {"untold", "running", "room", "waiting", "full"};
  return kNames[static_cast<size_t>(state)];
}

LoraState LoadColumns::LoraStateOf(model::EndpointId id, uint64_t adapter_key,
                                   base::TimePoint now) const {
  const Cell* cell = CellOf(id);
  if (cell == nullptr || now.time_since_epoch().count() >= cell->fresh_until.load(kRelaxed))
    return LoraState::kUntold;
  const LoraCell& loras = loras_[id.slot];
  const uint32_t most = loras.max_loras.load(kRelaxed);
  if (most == 0) return LoraState::kUntold;
  const uint32_t running = loras.running.load(kRelaxed);
  const uint32_t waiting = loras.waiting.load(kRelaxed);
  for (uint32_t i = 0; i < running; ++i) {
    if (loras.running_keys[i].load(kRelaxed) == adapter_key) return LoraState::kRunning;
  }
  if (running + waiting < most) return LoraState::kRoom;
  for (uint32_t i = 0; i < waiting; ++i) {
    if (loras.waiting_keys[i].load(kRelaxed) == adapter_key) return LoraState::kWaiting;
  }
  return LoraState::kFull;
}

LoraLoad LoadColumns::Loras(model::EndpointId id, base::TimePoint now) const {
  LoraLoad load;
  const Cell* cell = CellOf(id);
  if (cell == nullptr || now.time_since_epoch().count() >= cell->fresh_until.load(kRelaxed))
    return load;
  const LoraCell& loras = loras_[id.slot];
  load.max_loras = loras.max_loras.load(kRelaxed);
  const uint32_t running = loras.running.load(kRelaxed);
  const uint32_t waiting = loras.waiting.load(kRelaxed);
  for (uint32_t i = 0; i < running; ++i)
    load.running.push_back(loras.running_keys[i].load(kRelaxed));
  for (uint32_t i = 0; i < waiting; ++i)
    load.waiting.push_back(loras.waiting_keys[i].load(kRelaxed));
  return load;
}

}  // namespace fairway::data
