#pragma once
// EpollLoop: the Loop on the real machine, one a thread. It blocks in one place, epoll_wait, for
// everything: sockets (edge-triggered, so that waiting for one costs no system call), timers (the
// wait's limit), functions posted by other threads (an eventfd). Why not Asio:
// docs/adr/0001-one-seam.md.
//
// Invariant: while a batch of events is handed out no code of an owner runs (FdWatcher may only
// note them and Defer), so nothing that an event of the batch names can be gone.

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rt/inbox.h"
#include "rt/job_queue.h"
#include "rt/loop.h"
#include "rt/resolver.h"
#include "rt/timer_queue.h"

namespace fairway::rt {

class OffloadPool;

// Whoever owns a file descriptor that the loop watches.
class FdWatcher {
 public:
  // `events` is EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll_wait gave them. Notes
  // them and defers a Job; runs nothing else.
  virtual void OnEvents(uint32_t events) = 0;

 protected:
  ~FdWatcher() = default;
};

class EpollLoop final : public Loop {
 public:
  struct Options {
    // Shared by loops, must outlive them. None: offloaded work runs on the loop's own thread.
    OffloadPool* offload = nullptr;
  };
  EpollLoop() : EpollLoop(Options{}) {}
  explicit EpollLoop(const Options& options);
  ~EpollLoop() override;

  // Runs turns on the calling thread until Stop().
  void Run();
  // Any thread. Run returns at the end of a turn; a Run that has not begun yet after its first.
  void Stop();
  // Runs turns until the condition holds (true) or the limit is over. For tests and tools.
  bool RunUntil(std::move_only_function<bool()> condition, Duration limit);

  TimePoint Now() const override { return now_; }
  WallTime WallNow() const override;
  TimePoint ReadClock() const override;
  void Start(Timer& timer, Duration delay) override;
  void Defer(Job& job) override { deferred_.Push(job); }
  void Yield(Job& job) override { yielded_.Push(job); }
  void Post(std::move_only_function<void()> function) override;
  void Resolve(std::string host, ResolveDone done) override;
  base::Status Offload(std::move_only_function<void()> work,
                       std::move_only_function<void()> done) override;

  // Tells the watcher of edges on `fd` until the fd is closed. kExhausted if the kernel has no
  // room.
  base::Status Watch(int fd, uint32_t events, FdWatcher& watcher);

 private:
  void Turn(std::optional<TimePoint> until);
  int Wait(std::optional<TimePoint> until);
  void HandOut(int count);
  void RunPosted();

  const Options options_;
  const int epoll_fd_;
  const std::shared_ptr<Inbox> inbox_;
  TimePoint now_;
  mutable std::optional<WallTime> wall_now_;  // read once a turn, if at all
  TimerQueue timers_;
  JobQueue deferred_;
  JobQueue yielded_;
  std::vector<std::move_only_function<void()>> posted_;
  std::array<epoll_event, 256> events_;
  bool stopping_ = false;
  Resolver resolver_;
};

}  // namespace fairway::rt
