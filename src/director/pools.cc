#include "director/pools.h"

namespace fairway::director {

Pools OnePool(const Brain& brain) {
  // Shares no ownership: the brain is the caller's.
  return {.brains = {std::shared_ptr<const Brain>(std::shared_ptr<void>(), &brain)}, .models = {}};
}

size_t ChoosePool(const Pools& pools, std::span<const PoolState> states, std::string_view model) {
  if (states.size() == 1) return 0;
  if (const auto given = pools.models.find(model); given != pools.models.end())
    return given->second;
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i].members->FindServed(model) != nullptr) return i;
  }
  return 0;
}

PoolsView::PoolsView(Pools from) : pools(std::move(from)) {
  for (const auto& brain : pools.brains) {
    readers.push_back({base::Snapshot<model::EndpointSet>::Reader(brain->pool.table.members()),
                       base::Snapshot<sched::Profile>::Reader(brain->profile())});
  }
}

void PoolsView::Read(std::vector<PoolState>& into) {
  into.resize(readers.size());
  for (size_t i = 0; i < readers.size(); ++i) {
    into[i].members = readers[i].members.Shared();
    into[i].profile = readers[i].profile.Shared();
  }
}

const std::string* Pools::TargetOf(std::string_view model, double draw) const {
  const auto rule = rewrites.find(model);
  if (rule == rewrites.end()) return nullptr;
  double sum = 0;
  for (const RewriteTarget& target : rule->second) sum += target.weight;
  double left = draw * sum;
  for (const RewriteTarget& target : rule->second) {
    left -= target.weight;
    if (left < 0) return &target.model;
  }
  return &rule->second.back().model;
}

}  // namespace fairway::director
