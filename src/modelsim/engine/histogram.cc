#include "modelsim/engine/histogram.h"

#include <algorithm>

namespace fairway::modelsim {

void Histogram::Observe(double value, uint64_t times) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<size_t>(bucket)] += times;
  count_ += times;
  sum_ += value * static_cast<double>(times);
}

}  // namespace fairway::modelsim
