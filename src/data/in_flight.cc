#include "data/in_flight.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace fairway::data {

InFlightHold::InFlightHold(InFlightHold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      slot_(other.slot_),
      worker_(other.worker_),
      tokens_(other.tokens_),
      bytes_(other.bytes_),
      paused_(other.paused_) {}

InFlightHold& InFlightHold::operator=(InFlightHold&& other) noexcept {
  if (this == &other) return *this;
  Release();
  owner_ = std::exchange(other.owner_, nullptr);
  slot_ = other.slot_;
  worker_ = other.worker_;
  tokens_ = other.tokens_;
  bytes_ = other.bytes_;
  paused_ = other.paused_;
  return *this;
}

void InFlightHold::Release() {
  if (owner_ == nullptr) return;
  Resume();
  // Unsigned wrap-around: adding the complement takes away.
  owner_->Move(worker_, slot_, uint64_t{0} - (InFlight::kOneRequest + tokens_),
               uint64_t{0} - bytes_);
  owner_ = nullptr;
}

void InFlightHold::ReleaseTokens() {
  if (owner_ == nullptr || tokens_ == 0) return;
  owner_->Move(worker_, slot_, uint64_t{0} - tokens_, 0);
  tokens_ = 0;
}

void InFlightHold::Pause() {
  if (owner_ == nullptr || std::exchange(paused_, true)) return;
  owner_->MovePaused(worker_, slot_, 1);
}

void InFlightHold::Resume() {
  if (owner_ == nullptr || !std::exchange(paused_, false)) return;
  owner_->MovePaused(worker_, slot_, ~uint64_t{0});
}

InFlightHold InFlight::Acquire(uint32_t slot, uint32_t prompt_tokens, uint64_t body_bytes) {
  CHECK(slot < kMaxSlots);
  const auto worker = static_cast<uint32_t>(base::this_worker);
  CHECK(worker < base::kMaxWorkers);
  const uint32_t row = uint32_t{1} << worker;
  if ((used_rows_.load(std::memory_order_relaxed) & row) == 0)
    used_rows_.fetch_or(row, std::memory_order_relaxed);
  InFlightHold hold;
  hold.owner_ = this;
  hold.slot_ = slot;
  hold.worker_ = worker;
  hold.tokens_ = std::min(prompt_tokens, kMaxTokens);
  hold.bytes_ = body_bytes;
  Move(worker, slot, kOneRequest + hold.tokens_, hold.bytes_);
  return hold;
}

void InFlight::Move(uint32_t worker, uint32_t slot, uint64_t load, uint64_t bytes) {
  // The cell has one writer, so it needs no read-modify-write instruction.
  CHECK(worker == base::this_worker);
  const auto add = [](std::atomic<uint64_t>& cell, uint64_t amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  };
  add(loads_[worker][slot], load);
  if (bytes != 0) add(bytes_[worker][slot], bytes);
}

void InFlight::MovePaused(uint32_t worker, uint32_t slot, uint64_t count) {
  CHECK(worker == base::this_worker);
  std::atomic<uint64_t>& cell = paused_[worker][slot];
  cell.store(cell.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

uint64_t InFlight::SumLoad(uint32_t slot) const {
  uint64_t sum = 0;
  for (uint32_t rows = used_rows_.load(std::memory_order_relaxed); rows != 0; rows &= rows - 1)
    sum +=
        loads_[static_cast<size_t>(std::countr_zero(rows))][slot].load(std::memory_order_relaxed);
  return sum;
}

uint64_t InFlight::Requests(uint32_t slot) const { return SumLoad(slot) >> kTokenBits; }

uint64_t InFlight::Awaited(uint32_t slot) const {
  uint64_t paused = 0;
  for (uint32_t rows = used_rows_.load(std::memory_order_relaxed); rows != 0; rows &= rows - 1)
    paused +=
        paused_[static_cast<size_t>(std::countr_zero(rows))][slot].load(std::memory_order_relaxed);
  const uint64_t requests = Requests(slot);
  return requests - std::min(requests, paused);  // another worker may be between the two
}

InFlight::Totals InFlight::Read(uint32_t slot) const {
  const uint64_t load = SumLoad(slot);
  Totals totals{.requests = load >> kTokenBits, .tokens = load & kTokenMask};
  for (uint32_t rows = used_rows_.load(std::memory_order_relaxed); rows != 0; rows &= rows - 1)
    totals.bytes +=
        bytes_[static_cast<size_t>(std::countr_zero(rows))][slot].load(std::memory_order_relaxed);
  return totals;
}

InFlight::Totals InFlight::ReadAll() const {
  Totals all;
  for (uint32_t slot = 0; slot < kMaxSlots; ++slot) {
    const Totals one = Read(slot);
    all.requests += one.requests;
    all.tokens += one.tokens;
    all.bytes += one.bytes;
  }
  return all;
}

void InFlight::Gather(std::span<const model::EndpointId> ids, std::span<float> requests,
                      std::span<float> tokens) const {
  CHECK(requests.size() == ids.size() && tokens.size() == ids.size());
  const uint32_t used = used_rows_.load(std::memory_order_relaxed);
  // Row by row, as that is how they lie in memory; a stretch at a time, as the sums need a place.
  std::array<uint64_t, 64> sums;
  for (size_t from = 0; from < ids.size(); from += sums.size()) {
    const size_t count = std::min(sums.size(), ids.size() - from);
    std::fill_n(sums.begin(), count, 0);
    for (uint32_t rows = used; rows != 0; rows &= rows - 1) {
      const auto* const row = &loads_[static_cast<size_t>(std::countr_zero(rows))][0];
      for (size_t i = 0; i < count; ++i)
        sums[i] += row[ids[from + i].slot].load(std::memory_order_relaxed);
    }
    for (size_t i = 0; i < count; ++i) {
      requests[from + i] = static_cast<float>(static_cast<int32_t>(sums[i] >> kTokenBits));
      tokens[from + i] = static_cast<float>(static_cast<int64_t>(sums[i] & kTokenMask));
    }
  }
}

}  // namespace fairway::data
