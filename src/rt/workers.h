#pragma once
// Workers: N threads, each with its own EpollLoop. Worker ids are 1 to N (base::this_worker); 0 is
// the thread that starts them. What a worker owns is built, used and destroyed on its own thread.

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "rt/cpu_quota.h"
#include "rt/epoll_loop.h"

namespace fairway::rt {

class Workers {
 public:
  // Runs on the worker's thread before its loop does. What it returns is destroyed there after the
  // loop has stopped.
  using Setup = std::function<std::shared_ptr<void>(size_t worker, EpollLoop& loop)>;

  // Returns when every setup has run. 1 to 8 workers (base::kMaxWorkers has room for no more).
  Workers(size_t count, const EpollLoop::Options& options, const Setup& setup);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();  // Stop()

  size_t count() const { return threads_.size(); }
  // For Post, from any thread, until Stop(). `worker` is 1 to count().
  EpollLoop& loop(size_t worker) { return *loops_[worker - 1]; }

  // Ends every loop after its current turn and joins. Whoever must drain first does so before.
  void Stop();

 private:
  std::vector<std::unique_ptr<EpollLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace fairway::rt
