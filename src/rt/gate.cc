#include "rt/gate.h"

#include <utility>

#include "base/check.h"

namespace fairway::rt {
namespace {

// A coroutine that nobody awaits: it starts at once and frees itself at its end.
struct Detached {
  struct promise_type {
    static void* operator new(size_t size) { return AllocateFrame(size); }
    static void operator delete(void* memory, size_t size) { FreeFrame(memory, size); }
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() noexcept {
      base::CheckFailed(__FILE__, __LINE__, "an exception reached a spawned task");
    }
  };
};

Detached Run(Task<void> task, Gate& gate) {
  {
    Task<void> running = std::move(task);
    co_await std::move(running);
  }
  gate.Leave();
}

}  // namespace

void Spawn(Task<void> task, Gate& gate) {
  gate.Enter();
  Run(std::move(task), gate);
}

Gate::~Gate() { CHECK(running_ == 0); }

Task<void> Gate::Drained() {
  CHECK(!awaited_);
  awaited_ = true;
  // A task may have been spawned between the wake-up and its running.
  while (running_ != 0) co_await drained_.Wait();
  awaited_ = false;
}

void Gate::OnDrained(std::move_only_function<void()> then) {
  CHECK(!awaited_ && callback_.then == nullptr);
  callback_.gate = this;
  callback_.then = std::move(then);
  if (running_ == 0) loop_.Defer(callback_);
}

void Gate::Leave() {
  CHECK(running_ > 0);
  if (--running_ != 0) return;
  if (awaited_) drained_.Set();
  if (callback_.then != nullptr && !callback_.queued()) loop_.Defer(callback_);
}

void Gate::Callback::Run() {
  if (gate->running_ != 0) return;  // spawned meanwhile: the last one defers this again
  // Out of the Gate first: it may be destroyed inside.
  auto run = std::exchange(then, nullptr);
  run();
}

}  // namespace fairway::rt
