#pragma once
// Durations, counted in buckets that are narrow where values are small: log-linear, 128 buckets for
// each power of two, so that a percentile is at most 0.8 % too high. Fixed size, no allocation
// after the first value. One owner.

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace fairway::loadgen {

class Histogram {
 public:
  // Negative values count as 0.
  void Add(base::Duration value);
  void Add(const Histogram& other);
  void Clear();

  uint64_t count() const { return count_; }
  base::Duration min() const { return count_ == 0 ? base::Duration() : min_; }
  base::Duration max() const { return max_; }
  base::Duration Mean() const;
  // The least value that `share` (0..1) of all values do not exceed, to the bucket's upper bound; 0
  // if there are none.
  base::Duration Percentile(double share) const;

 private:
  static size_t BucketOf(uint64_t value);
  static uint64_t UpperBound(size_t bucket);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  double sum_ = 0;
  base::Duration min_ = base::Duration::max();
  base::Duration max_{};
};

}  // namespace fairway::loadgen
