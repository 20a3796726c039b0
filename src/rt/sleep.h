#pragma once
// co_await Sleep(loop, 10ms): resumes in a turn whose Now() has reached the deadline. Destroying
// the frame meanwhile stops the timer.

#include <coroutine>

#include "rt/loop.h"

namespace fairway::rt {

class Sleep {
 public:
  Sleep(Loop& loop, Duration delay)
      : loop_(loop), delay_(delay), timer_([this] { handle_.resume(); }) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    loop_.Start(timer_, delay_);
  }
  void await_resume() const {}

 private:
  Loop& loop_;
  Duration delay_;
  std::coroutine_handle<> handle_;
  Timer timer_;
};

}  // namespace fairway::rt
