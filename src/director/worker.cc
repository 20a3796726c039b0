#include "director/worker.h"

#include <algorithm>
#include <utility>

namespace fairway::director {

Worker::LifeLease Worker::Begin(const Arrival& arrival) {
  std::unique_ptr<RequestLife> life;
  if (spare_.empty()) {
    life = std::make_unique<RequestLife>(state_);
  } else {
    life = std::move(spare_.back());
    spare_.pop_back();
  }
  life->Begin(arrival);
  return {life.release(), Recycle{this}};
}

void Worker::Use(Pools pools) {
  if (pools.sessions != state_.view->pools.sessions) state_.sessions.Clear();
  state_.view = std::make_shared<PoolsView>(std::move(pools));
  ++state_.generation;
}

std::vector<model::Served> Worker::Served() {
  std::vector<model::Served> all;
  for (PoolsView::Readers& readers : state_.view->readers) {
    const std::vector<model::Served>& served = readers.members.Get().served();
    all.insert(all.end(), served.begin(), served.end());
  }
  std::ranges::stable_sort(all, {}, &model::Served::name);
  const auto repeated = std::ranges::unique(all, {}, &model::Served::name);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

uint64_t Worker::HungVersion() const {
  uint64_t version = state_.generation << 32;
  for (const auto& brain : state_.view->pools.brains) version += brain->pool.health.HungVersion();
  return version;
}

void Worker::Recycle::operator()(RequestLife* life) const {
  std::unique_ptr<RequestLife> owned(life);
  if (!owned->finished()) owned->Finish(Reason::kClientGone, 499, owned->arrival().at);
  owned->Forget();
  if (worker->spare_.size() < kSpareLives) worker->spare_.push_back(std::move(owned));
}

}  // namespace fairway::director
