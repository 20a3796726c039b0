#include "director/worker.h"

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

void Worker::Recycle::operator()(RequestLife* life) const {
  std::unique_ptr<RequestLife> owned(life);
  if (!owned->finished()) owned->Finish(Reason::kClientGone, 499, owned->arrival().at);
  if (worker->spare_.size() < kSpareLives) worker->spare_.push_back(std::move(owned));
}

}  // namespace fairway::director
