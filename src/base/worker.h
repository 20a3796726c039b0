#pragma once
// Which worker this thread is. Cells that every worker writes are arrays indexed by it and summed
// on read: one contended atomic costs 14 ns and bounces between cores, an own cell costs 0.3.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fairway::base {

// 8 data workers at most, the control loop, and room for offload threads.
inline constexpr size_t kMaxWorkers = 16;

// Set once by whoever starts the thread (rt/workers.cc); 0 in tests and before.
inline thread_local size_t this_worker = 0;

// A sum that each worker moves in its own cache line.
class PerWorkerSum {
 public:
  void Add(int64_t delta) {
    // Only this worker writes the cell, so no read-modify-write instruction is needed.
    auto& cell = cells_[this_worker].value;
    cell.store(cell.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
  int64_t Read() const {
    int64_t sum = 0;
    for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Cell {
    std::atomic<int64_t> value{0};
  };
  std::array<Cell, kMaxWorkers> cells_;
};

}  // namespace fairway::base
