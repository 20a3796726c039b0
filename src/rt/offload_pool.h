#pragma once
// OffloadPool: a few threads for work that would hold a loop up (scanning a large body, signing),
// shared by all loops, with a bounded queue: at the limit it refuses, the caller answers for it.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"

namespace fairway::rt {

class OffloadPool {
 public:
  static constexpr size_t kMaxThreads = 4;
  struct Options {
    size_t threads = 2;  // 1 to kMaxThreads
    size_t max_queued = 256;
  };
  explicit OffloadPool(const Options& options);
  OffloadPool(const OffloadPool&) = delete;
  OffloadPool& operator=(const OffloadPool&) = delete;
  ~OffloadPool();  // finishes what runs, drops what waits

  // Any thread. kExhausted if `max_queued` wait already; `work` is then destroyed unrun.
  base::Status Submit(std::move_only_function<void()> work);

 private:
  void Serve();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fairway::rt
