#pragma once
// WaiterSlot: one direction of a Stream's readiness: who waits, and the deferred step that wakes
// it. The stream embeds two; destroying it forgets both. Invariant: the waiter runs at most once a
// Wait, from the loop, never inside a call on the stream.

#include <utility>

#include "base/check.h"
#include "rt/loop.h"

namespace fairway::net {

class WaiterSlot final : rt::Job {
 public:
  bool waiting() const { return waiter_ != nullptr; }

  void Set(rt::Job& waiter) {
    CHECK(waiter_ == nullptr);
    waiter_ = &waiter;
  }
  void Forget() {
    waiter_ = nullptr;
    Unlink();
  }
  // The direction is ready: wakes the waiter, if any, in this turn.
  void Wake(rt::Loop& loop) {
    if (waiter_ != nullptr && !queued()) loop.Defer(*this);
  }
  // The same in the next turn: for whoever asks to wait for what is ready already.
  void WakeNextTurn(rt::Loop& loop) {
    if (waiter_ != nullptr && !queued()) loop.Yield(*this);
  }

 private:
  void Run() override { std::exchange(waiter_, nullptr)->Run(); }
  rt::Job* waiter_ = nullptr;
};

}  // namespace fairway::net
