#include "rt/workers.h"

#include <latch>

#include "base/check.h"
#include "base/worker.h"

namespace fairway::rt {

Workers::Workers(size_t count, const EpollLoop::Options& options, const Setup& setup) {
  CHECK(count >= 1 && count <= 8);
  // Shared, because the last count_down may still be inside when this constructor has returned.
  const auto ready = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(count));
  for (size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<EpollLoop>(options));
  for (size_t i = 0; i < count; ++i) {
    threads_.emplace_back([ready, &setup, worker = i + 1, loop = loops_[i].get()] {
      base::this_worker = worker;
      const std::shared_ptr<void> owned = setup(worker, *loop);
      ready->count_down();
      loop->Run();
    });
  }
  ready->wait();
}

Workers::~Workers() { Stop(); }

void Workers::Stop() {
  for (const auto& loop : loops_) loop->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  loops_.clear();
}

}  // namespace fairway::rt
