#pragma once
// Signals: SIGINT, SIGTERM and the like as calls on a loop. One instance a process at a time. From
// the first one on SIGPIPE is ignored (a write to a gone peer is an error code, not a death).

#include <functional>
#include <vector>

#include "rt/epoll_loop.h"

namespace fairway::rt {

class Signals final : private FdWatcher {
 public:
  // `on_signal` runs on the loop, once for each delivery (equal ones may merge, as signals do).
  // It must not destroy this.
  Signals(EpollLoop& loop, std::vector<int> which, std::move_only_function<void(int)> on_signal);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();  // the default actions are back

 private:
  class Wake final : public Job {
   public:
    explicit Wake(Signals& signals) : signals_(signals) {}
    void Run() override { signals_.Deliver(); }

   private:
    Signals& signals_;
  };
  void OnEvents(uint32_t events) override;
  void Deliver();

  EpollLoop& loop_;
  const std::vector<int> which_;
  std::move_only_function<void(int)> on_signal_;
  int read_fd_ = -1;
  Wake wake_;
};

}  // namespace fairway::rt
