#pragma once
// Candidates: the endpoints that one decision is about, as columns of equal length. The first
// size() are in; those that a filter dropped stand behind them, with what dropped them. Invariant:
// a dropped candidate never comes back, so a pick is always among the first size().
//
// Lives in a worker's scratch and is filled again for each decision; in the steady state nothing
// allocates. Plugins read columns; a producer writes cached_blocks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/load_columns.h"
#include "model/endpoint.h"

namespace fairway::sched {

// Which figures of a candidate are our own stand-ins because the server's are missing or stale.
enum UnknownFlag : uint8_t { kWaitingUnknown = 1, kRunningUnknown = 2, kKvUsageUnknown = 4 };

// What dropped a candidate: health, or filter i of the profile as kByFilter + i.
using DroppedBy = uint8_t;
inline constexpr DroppedBy kNotDropped = 0;
inline constexpr DroppedBy kByEjection = 1;
inline constexpr DroppedBy kByProbation = 2;
inline constexpr DroppedBy kByAdapterSlot = 3;  // no room to load the adapter
inline constexpr DroppedBy kByFilter = 4;

class Candidates {
 public:
  size_t size() const { return size_; }
  size_t dropped() const { return count_ - size_; }

  // Those that are in.
  std::span<const model::EndpointId> ids() const { return {ids_.data(), size_}; }
  std::span<const model::Endpoint* const> endpoints() const { return {endpoints_.data(), size_}; }
  // Requests queued in the server; our own in flight where unknown.
  std::span<const float> waiting() const { return Read(kWaiting); }
  // Requests in its batch; our own in flight where unknown.
  std::span<const float> running() const { return Read(kRunning); }
  // 0..1 of its KV cache; where unknown, the median of the candidates whose is known, else 0.5.
  std::span<const float> kv_usage() const { return Read(kKvUsage); }
  // Ours, exact.
  std::span<const float> in_flight_requests() const { return Read(kInFlightRequests); }
  std::span<const float> in_flight_tokens() const { return Read(kInFlightTokens); }
  // Leading blocks of the prompt that the server probably has in its KV cache; 0 without a
  // producer.
  std::span<const float> cached_blocks() const { return Read(kCachedBlocks); }
  std::span<const uint8_t> unknown() const { return {unknown_.data(), size_}; }
  // Where the adapter asked for stands there; kUntold for a request without one.
  std::span<const data::LoraState> lora() const { return {lora_.data(), size_}; }

  // For producers.
  std::span<float> mutable_cached_blocks() { return Write(kCachedBlocks); }
  // One word a slot, up to the largest that was added; contents undefined.
  std::span<uint32_t> SlotScratch();

  // For the cycle (and for tests of plugins), in this order.
  void Clear();
  void Add(const model::Endpoint& endpoint);
  // `members`: indices of the set's endpoints. The set must outlive what is filled here.
  void AddMembers(const model::EndpointSet& set, std::span<const uint32_t> members);
  // No more to add: makes room for the columns and zeroes cached_blocks.
  void Seal();
  std::span<float> mutable_waiting() { return Write(kWaiting); }
  std::span<float> mutable_running() { return Write(kRunning); }
  std::span<float> mutable_kv_usage() { return Write(kKvUsage); }
  std::span<float> mutable_in_flight_requests() { return Write(kInFlightRequests); }
  std::span<float> mutable_in_flight_tokens() { return Write(kInFlightTokens); }
  std::span<data::LoraState> mutable_lora() { return {lora_.data(), size_}; }
  std::span<uint8_t> mutable_unknown() { return {unknown_.data(), size_}; }
  // Moves those whose mark is 0 behind those that stay; both keep their order.
  void Keep(std::span<const uint8_t> marks, DroppedBy by);

  // Every candidate, the dropped ones last: for the trace. i < size() + dropped().
  const model::EndpointId& id_at(size_t i) const { return ids_[i]; }
  DroppedBy dropped_by(size_t i) const { return dropped_by_[i]; }
  uint8_t unknown_at(size_t i) const { return unknown_[i]; }
  data::LoraState lora_at(size_t i) const { return lora_[i]; }
  enum Column : uint8_t {
    kWaiting,
    kRunning,
    kKvUsage,
    kInFlightRequests,
    kInFlightTokens,
    kCachedBlocks,
    kColumns,
  };
  float at(Column column, size_t i) const { return columns_[column][i]; }

 private:
  std::span<const float> Read(Column c) const { return {columns_[c].data(), size_}; }
  std::span<float> Write(Column c) { return {columns_[c].data(), size_}; }

  // Grows every column, if need be; none ever shrinks, so that a larger set later costs nothing.
  void MakeRoom(size_t count);

  size_t count_ = 0;  // all that were added
  size_t size_ = 0;   // those that are in
  uint32_t largest_slot_ = 0;
  std::vector<model::EndpointId> ids_;
  std::vector<const model::Endpoint*> endpoints_;
  std::array<std::vector<float>, kColumns> columns_;
  std::vector<uint8_t> unknown_;
  std::vector<data::LoraState> lora_;
  std::vector<DroppedBy> dropped_by_;
  std::vector<uint32_t> slot_scratch_;
  std::vector<uint32_t> order_;  // of Keep
  std::vector<std::byte> moved_;
};

}  // namespace fairway::sched
