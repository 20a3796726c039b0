#pragma once
// One worker thread's part of the brain, as its host uses it: begins requests, and lends the
// RequestLife objects, which are used again and again.

#include <memory>
#include <utility>
#include <vector>

#include "director/life.h"
#include "director/worker_state.h"

namespace fairway::director {

class Worker final {
 public:
  static constexpr size_t kSpareLives = 256;

  Worker(Pools pools, const WorkerOptions& options) : state_(std::move(pools), options) {}
  // Of a single pool. The brain outlives it.
  Worker(const Brain& brain, const WorkerOptions& options) : Worker(OnePool(brain), options) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  struct Recycle {
    Worker* worker;
    void operator()(RequestLife* life) const;
  };
  using LifeLease = std::unique_ptr<RequestLife, Recycle>;
  // A request begins. Giving the lease up ends it, as gone, if nobody finished it.
  LifeLease Begin(const Arrival& arrival);

  // From the next request on. Requests in progress keep what they began with.
  void Use(Pools pools);

  // What can be asked for, over all pools, sorted by name. `members` of it mean nothing.
  std::vector<model::Served> Served();
  // Moves when an endpoint of any pool is found hung.
  uint64_t HungVersion() const;
  const RecordRing& records() const { return state_.records; }
  const RetryBudget& budget() const { return state_.budget; }
  inference::UsageReader& usage_reader() { return state_.usage_reader; }

 private:
  WorkerState state_;
  std::vector<std::unique_ptr<RequestLife>> spare_;
};

}  // namespace fairway::director
