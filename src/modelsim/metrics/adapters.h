#pragma once
// Which sets of LoRA adapters have been in use when somebody looked: vLLM's metrics page keeps a
// series for each such set for ever, the newest with the largest value. Bounded: the oldest set is
// forgotten.

#include <span>
#include <string>
#include <vector>

#include "modelsim/metrics/metrics_page.h"

namespace fairway::modelsim {

class AdapterLog {
 public:
  static constexpr size_t kMaxSeries = 32;

  // These sets (names joined by commas, sorted) are in use at `now`, in seconds since the epoch.
  void Note(std::string running, std::string waiting, double now);

  std::span<const AdapterSeries> series() const { return series_; }

 private:
  std::vector<AdapterSeries> series_;
};

}  // namespace fairway::modelsim
