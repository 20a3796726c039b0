#pragma once
// Inbox: how other threads hand functions to a loop. Shared between the loop and whoever may still
// post when the loop ends: after Close() a posted function is destroyed, never run.
// Bounded by its posters: each of them has a limit of its own (offload queue, resolver queue,
// workers).

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace fairway::rt {

class Inbox {
 public:
  using Function = std::move_only_function<void()>;

  Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox();

  // Any thread. The first post since the last Take makes wake_fd readable.
  void Post(Function function);

  // The loop's thread. Swaps what was posted into `into`, which must be empty.
  void Take(std::vector<Function>& into);
  void Close();

  // An eventfd, for epoll, edge-triggered: nobody needs to read it.
  int wake_fd() const { return wake_fd_; }

 private:
  const int wake_fd_;
  std::mutex mutex_;
  std::vector<Function> posted_;
  bool closed_ = false;
};

}  // namespace fairway::rt
