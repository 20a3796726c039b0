#pragma once
// A Prometheus histogram with fixed bounds, as a model server counts its latencies. One owner.

#include <cstdint>
#include <span>
#include <vector>

namespace fairway::modelsim {

class Histogram {
 public:
  // Ascending; they must outlive the histogram.
  explicit Histogram(std::span<const double> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}

  void Observe(double value, uint64_t times = 1);

  std::span<const double> bounds() const { return bounds_; }
  // Of each bucket alone, not cumulative; the last is above every bound.
  std::span<const uint64_t> counts() const { return counts_; }
  uint64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace fairway::modelsim
