#include "rt/event.h"

#include <utility>

namespace fairway::rt {

void Event::Set() {
  set_ = true;
  if (waiter_ != nullptr && !waiter_->queued()) loop_.Defer(*waiter_);
}

Event::Awaiter::~Awaiter() {
  if (event_.waiter_ == this) event_.waiter_ = nullptr;
}

bool Event::Awaiter::await_ready() { return std::exchange(event_.set_, false); }

void Event::Awaiter::await_suspend(std::coroutine_handle<> waiter) {
  CHECK(event_.waiter_ == nullptr);
  event_.waiter_ = this;
  handle_ = waiter;
}

void Event::Awaiter::Run() {
  event_.waiter_ = nullptr;
  event_.set_ = false;
  handle_.resume();
}

Event::TimedAwaiter::TimedAwaiter(Event& event, Duration limit)
    : Awaiter(event), limit_(limit), timer_([this] {
        wake_ = Wake::kTimeout;
        event_.waiter_ = nullptr;
        handle_.resume();
      }) {}

void Event::TimedAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  Awaiter::await_suspend(waiter);
  event_.loop_.Start(timer_, limit_);
}

void Event::TimedAwaiter::Run() {
  timer_.Stop();
  Awaiter::Run();
}

}  // namespace fairway::rt
