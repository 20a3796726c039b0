#include "modelsim/adapters.h"

#include <algorithm>

#include "base/check.h"

namespace fairway::modelsim {

void AdapterLog::Begin(std::string_view adapter, double now) {
  ++in_use_.try_emplace(std::string(adapter), 0).first->second;
  Note(now);
}

void AdapterLog::End(std::string_view adapter, double now) {
  const auto found = in_use_.find(adapter);
  CHECK(found != in_use_.end());
  if (--found->second == 0) in_use_.erase(found);
  Note(now);
}

std::span<const AdapterSeries> AdapterLog::Series(double now) {
  Note(now);
  return series_;
}

void AdapterLog::Note(double now) {
  std::string set;
  for (const auto& [adapter, count] : in_use_) {
    if (!set.empty()) set += ',';
    set += adapter;
  }
  const auto found = std::ranges::find(series_, set, &AdapterSeries::running);
  if (found != series_.end()) {
    found->seen = now;
    return;
  }
  if (series_.size() == kMaxSeries) {
    series_.erase(std::ranges::min_element(series_, {}, &AdapterSeries::seen));
  }
  series_.push_back({std::move(set), "", now});
}

}  // namespace fairway::modelsim
