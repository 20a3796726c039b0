#pragma once
// Which LoRA adapters are in use, and which sets of them have ever been: vLLM's metrics page keeps
// a series for each set, the newest with the largest value. Bounded: the oldest set is forgotten.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modelsim/metrics_page.h"

namespace fairway::modelsim {

class AdapterLog {
 public:
  static constexpr size_t kMaxSeries = 32;

  // A request for `adapter` began or ended. `now` is in seconds since the epoch.
  void Begin(std::string_view adapter, double now);
  void End(std::string_view adapter, double now);

  // The current set's value is `now`.
  std::span<const AdapterSeries> Series(double now);

 private:
  void Note(double now);

  std::map<std::string, int, std::less<>> in_use_;
  std::vector<AdapterSeries> series_;
};

}  // namespace fairway::modelsim
