#include "obs/cells.h"

#include <cmath>

#include "base/check.h"

namespace fairway::obs {

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()) {
  CHECK(!bounds_.empty());
  for (size_t i = 0; i < bounds_.size(); ++i) {
    CHECK(std::isfinite(bounds_[i]));
    CHECK(i == 0 || bounds_[i - 1] < bounds_[i]);
  }
  // Whole cache lines, so that two workers never share one.
  const size_t cells = (bounds_.size() + 1 + 7) / 8 * 8;
  for (Row& row : rows_) row.counts = std::make_unique<Cell[]>(cells);
}

Histogram::Reading Histogram::Read() const {
  Reading reading;
  reading.counts.resize(bounds_.size() + 1);
  for (const Row& row : rows_) {
    for (size_t i = 0; i < reading.counts.size(); ++i) {
      const int64_t n = row.counts[i].load(std::memory_order_relaxed);
      reading.counts[i] += n;
      reading.count += n;
    }
    reading.sum += row.sum.load(std::memory_order_relaxed);
  }
  return reading;
}

}  // namespace fairway::obs
