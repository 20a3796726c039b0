#include "modelsim/metrics/adapters.h"

#include <algorithm>
#include <utility>

namespace fairway::modelsim {

void AdapterLog::Note(std::string running, std::string waiting, double now) {
  const auto found = std::ranges::find_if(series_, [&](const AdapterSeries& one) {
    return one.running == running && one.waiting == waiting;
  });
  if (found != series_.end()) {
    found->seen = now;
    return;
  }
  if (series_.size() == kMaxSeries) {
    series_.erase(std::ranges::min_element(series_, {}, &AdapterSeries::seen));
  }
  series_.push_back({std::move(running), std::move(waiting), now});
}

}  // namespace fairway::modelsim
