#pragma once
// The things that count: Counter, Gauge, Histogram. Each worker moves cells of its own, a read sums
// them, so that moving one costs about a nanosecond and takes no lock (base/worker.h says why).
// Invariant: a cell is written only by the worker whose index it has.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/worker.h"

namespace fairway::obs {

// Only grows. Any worker moves it; any thread reads it.
class Counter {
 public:
  void Add(int64_t n = 1) { sum_.Add(n); }
  int64_t Read() const { return sum_.Read(); }

 private:
  base::PerWorkerSum sum_;
};

// Goes up and down (requests in flight). It cannot be set: a value that somebody else holds is a
// callback of the Registry instead. The worker that takes away need not be the one that added.
class Gauge {
 public:
  void Add(int64_t n = 1) { sum_.Add(n); }
  void Sub(int64_t n = 1) { sum_.Add(-n); }
  int64_t Read() const { return sum_.Read(); }

 private:
  base::PerWorkerSum sum_;
};

// Counts by bucket. A bucket holds what is <= its upper bound and above the one before.
class Histogram {
 public:
  // Strictly increasing upper bounds, in the unit that the metric's name ends with; +Inf is
  // implied.
  explicit Histogram(std::span<const double> bounds);

  void Observe(double value) {
    if (value != value) [[unlikely]]  // a NaN would spoil the sum for good
      return;
    size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    Row& row = rows_[base::this_worker];
    Bump(row.counts[bucket]);
    row.sum.store(row.sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  struct Reading {
    std::vector<int64_t> counts;  // one a bucket, not cumulative; the last is +Inf
    int64_t count = 0;            // their sum
    double sum = 0;
  };
  Reading Read() const;
  std::span<const double> bounds() const { return bounds_; }

 private:
  using Cell = std::atomic<int64_t>;
  struct alignas(64) Row {
    std::atomic<double> sum{0};
    std::unique_ptr<Cell[]> counts;
  };
  static void Bump(Cell& cell) {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::vector<double> bounds_;
  std::array<Row, base::kMaxWorkers> rows_;
};

}  // namespace fairway::obs
