#include "rt/offload_pool.h"

#include <utility>

#include "base/check.h"
#include "base/worker.h"

namespace fairway::rt {

OffloadPool::OffloadPool(const Options& options) : options_(options) {
  // Their cells are the last ones, behind the workers' (base/worker.h).
  CHECK(options_.threads > 0 && options_.threads <= kMaxThreads);
  for (size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, i] {
      base::this_worker = base::kMaxWorkers - 1 - i;
      Serve();
    });
  }
}

OffloadPool::~OffloadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

base::Status OffloadPool::Submit(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.max_queued) {
      return {base::Code::kExhausted, "the offload queue is full"};
    }
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
  return {};
}

void OffloadPool::Serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::move_only_function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace fairway::rt
