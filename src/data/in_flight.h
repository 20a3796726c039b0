#pragma once
// InFlight: what we have sent to each endpoint and not seen the end of: requests, prompt tokens,
// body bytes. Our own count, exact at any moment, unlike what a server reports.
//
// Each worker writes only its own row; a read sums the rows that were ever used. Invariant:
// whatever a hold added, it takes away from the same cell exactly once, when it is destroyed; so
// the totals return to zero with traffic, also when the endpoint was removed meanwhile.

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "base/worker.h"
#include "data/slots.h"
#include "model/endpoint.h"

namespace fairway::data {

class InFlight;

// One request's share at one endpoint. Movable; lives and dies on the worker that acquired it
// (CHECK).
class InFlightHold {
 public:
  InFlightHold() = default;
  InFlightHold(InFlightHold&& other) noexcept;
  InFlightHold& operator=(InFlightHold&& other) noexcept;
  ~InFlightHold() { Release(); }

  // Ends the hold early. Nothing happens the second time.
  void Release();
  // The prompt has been processed (the first body byte arrived): its tokens no longer weigh.
  void ReleaseTokens();
  // What the server sent waits for the client to take it: until Resume its silence is not the
  // server's.
  void Pause();
  void Resume();
  bool held() const { return owner_ != nullptr; }
  uint32_t slot() const { return slot_; }

 private:
  friend class InFlight;
  InFlight* owner_ = nullptr;
  uint32_t slot_ = 0;
  uint32_t worker_ = 0;
  uint32_t tokens_ = 0;
  uint64_t bytes_ = 0;
  bool paused_ = false;
};

class InFlight {
 public:
  struct Totals {
    uint64_t requests = 0;
    uint64_t tokens = 0;
    uint64_t bytes = 0;
    friend bool operator==(const Totals&, const Totals&) = default;
  };
  // What one request can weigh; more is counted as this.
  static constexpr uint32_t kMaxTokens = (1u << 24) - 1;

  // Any worker (base::this_worker says which row).
  [[nodiscard]] InFlightHold Acquire(uint32_t slot, uint32_t prompt_tokens, uint64_t body_bytes);

  // Any thread; relaxed, so a total can lag another worker by some nanoseconds.
  Totals Read(uint32_t slot) const;
  uint64_t Requests(uint32_t slot) const;
  // Of those, how many a server could answer now: not paused.
  uint64_t Awaited(uint32_t slot) const;
  Totals ReadAll() const;  // of all slots; for metrics and tests, 4096 x rows loads
  // Requests and tokens of many slots at once. All spans have one size.
  void Gather(std::span<const model::EndpointId> ids, std::span<float> requests,
              std::span<float> tokens) const;

 private:
  friend class InFlightHold;
  // Requests in the upper 20 bits, tokens in the lower 44: one load reads both, and sums add up.
  // 2^20 requests of at most 2^24 - 1 tokens fit.
  static constexpr int kTokenBits = 44;
  static constexpr uint64_t kTokenMask = (uint64_t{1} << kTokenBits) - 1;
  static constexpr uint64_t kOneRequest = uint64_t{1} << kTokenBits;
  using Row = SlotArray<std::atomic<uint64_t>>;
  uint64_t SumLoad(uint32_t slot) const;
  void Move(uint32_t worker, uint32_t slot, uint64_t load, uint64_t bytes);
  void MovePaused(uint32_t worker, uint32_t slot, uint64_t count);

  std::array<Row, base::kMaxWorkers> loads_;
  std::array<Row, base::kMaxWorkers> bytes_;  // apart, as decisions do not read them
  std::array<Row, base::kMaxWorkers> paused_;
  std::atomic<uint32_t> used_rows_{0};  // bit w: worker w has ever held something
};

}  // namespace fairway::data
