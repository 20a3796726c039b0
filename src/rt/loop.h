#pragma once
// The one seam between this program and the machine. Every object that does I/O lives on one Loop
// and asks it for the clock, for timers, for a turn, for name resolution and for a thread to block
// on. EpollLoop runs it for real, one a thread; SimLoop runs the same code in one thread at virtual
// time.
//
// A turn is: take what became ready, run it, run what was deferred, until nothing is due. The clock
// stands still within a turn. Nothing here is safe from another thread, except Post.
// What must not hold the turn up (the next of many moves of a busy stream) yields to the next turn.

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace fairway::rt {

using base::Duration;
using base::TimePoint;
using base::WallTime;

// Something to run in a later step of the loop. Intrusive: whoever waits owns it, nothing
// allocates. A Job is queued at most once at a time; destroying a queued Job unlinks it.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() { Unlink(); }
  virtual void Run() = 0;
  bool queued() const { return next_ != nullptr; }
  void Unlink();

 private:
  friend class JobQueue;
  Job* next_ = nullptr;
  Job* previous_ = nullptr;
};

class TimerQueue;

// A one-shot timer that its owner embeds. Destroying or stopping it forgets it; starting it again
// moves it. It fires in a turn whose Now() has reached the deadline, in order of deadline, then of
// start.
class Timer {
 public:
  explicit Timer(std::move_only_function<void()> on_fire) : on_fire_(std::move(on_fire)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Stop(); }

  void Stop();
  bool armed() const { return queue_ != nullptr; }
  TimePoint deadline() const { return deadline_; }

 private:
  friend class TimerQueue;
  std::move_only_function<void()> on_fire_;
  TimerQueue* queue_ = nullptr;
  TimePoint deadline_{};
  uint64_t sequence_ = 0;
  size_t position_ = 0;  // in the queue's heap
};

class Loop {
 public:
  virtual ~Loop() = default;

  // Constant within one turn.
  virtual TimePoint Now() const = 0;
  virtual WallTime WallNow() const = 0;
  // A fresh reading, for measuring how long a piece of a turn took; deadlines use Now(). In a
  // simulation no time passes within a turn.
  virtual TimePoint ReadClock() const { return Now(); }

  // Arms the timer for Now() + delay.
  virtual void Start(Timer& timer, Duration delay) = 0;

  // Runs the job later in this turn, after what is already queued. For whoever must not run inside
  // the caller's stack.
  virtual void Defer(Job& job) = 0;

  // Runs the job in the next turn, after the I/O that is ready by then was taken. For whoever could
  // otherwise keep a turn going without end.
  virtual void Yield(Job& job) = 0;

  // Runs the function in a later turn of this loop. The only call other threads may make.
  virtual void Post(std::move_only_function<void()> function) = 0;

  // Looks a host name up; `done` gets every address as text ("10.0.0.1", "::1"), sorted. Literal
  // addresses come back as they are. `done` runs in a later turn, exactly once, and never after the
  // loop is gone.
  using ResolveDone = std::move_only_function<void(base::Result<std::vector<std::string>>)>;
  virtual void Resolve(std::string host, ResolveDone done) = 0;

  // Runs `work` on the offload pool and then `done` on this loop. kExhausted, with neither run, if
  // the pool's queue is full. SimLoop runs both in later turns of the same thread.
  virtual base::Status Offload(std::move_only_function<void()> work,
                               std::move_only_function<void()> done) = 0;
};

}  // namespace fairway::rt
