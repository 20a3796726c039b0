#pragma once
// Gate: counts the tasks that run on their own, so that whoever owns what they use can wait for
// their end. Invariant: it is destroyed only when none is running (CHECK).
//
//   Gate gate(loop);
//   Spawn(Serve(std::move(stream)), gate);
//   ...                       // make them end: abort their streams
//   co_await gate.Drained();  // or gate.OnDrained([&] { loop.Stop(); });

#include <cstddef>
#include <functional>

#include "rt/event.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::rt {

class Gate {
 public:
  explicit Gate(Loop& loop) : loop_(loop), drained_(loop) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  size_t running() const { return running_; }

  // Ends once no task is running; at once if none is. One awaiter, and not beside OnDrained.
  Task<void> Drained();

  // Runs `then` in a later step, once, when no task is running. `then` may destroy the Gate.
  void OnDrained(std::move_only_function<void()> then);

  // For whoever counts something else than a Spawned task.
  void Enter() { ++running_; }
  void Leave();

 private:
  class Callback final : public Job {
   public:
    void Run() override;
    std::move_only_function<void()> then;
    Gate* gate = nullptr;
  };

  Loop& loop_;
  size_t running_ = 0;
  bool awaited_ = false;
  Event drained_;
  Callback callback_;
};

// Starts the task now, on the caller's stack, until it first waits. Its frame is gone before the
// gate counts it out.
void Spawn(Task<void> task, Gate& gate);

}  // namespace fairway::rt
