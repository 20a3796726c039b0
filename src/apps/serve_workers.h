#pragma once
// The worker threads of `serve`: started together, drained together. Lives on the control loop; a
// worker's own things live on its thread (serve_worker.h).

#include <functional>
#include <optional>
#include <vector>

#include "admin/decisions.h"
#include "apps/serve_worker.h"
#include "base/status.h"
#include "rt/epoll_loop.h"
#include "rt/offload_pool.h"
#include "rt/workers.h"

namespace fairway::apps {

class ServeWorkers final {
 public:
  // `control` outlives it.
  explicit ServeWorkers(rt::Loop& control) : control_(control) {}
  ServeWorkers(const ServeWorkers&) = delete;
  ServeWorkers& operator=(const ServeWorkers&) = delete;
  // Ends every worker after its current turn.
  ~ServeWorkers();

  // Starts shared.workers threads that listen on flags.listen. All arguments outlive this.
  base::Status Start(const ServeShared& shared, rt::OffloadPool& offload, uint64_t seed);

  // Every worker uses these from its next request on; requests in progress keep what they have.
  void Use(const director::Pools& pools, const gateway::Options& options);

  // Stops accepting, lets requests finish for at most `grace`, then calls `done` on the control
  // loop.
  void Drain(base::Duration grace, std::function<void()> done);

  // Where clients connect, with the real port. Start succeeded before.
  const net::Address& local() const;
  size_t count() const { return threads_.size(); }
  std::vector<admin::DecisionSource> decisions() const;

 private:
  struct Thread;
  rt::Task<void> DrainOne(Thread& thread, base::Duration grace);

  rt::Loop& control_;
  std::vector<Thread*> threads_;
  std::optional<rt::Workers> workers_;
  size_t draining_ = 0;
  std::function<void()> drained_;
};

}  // namespace fairway::apps
