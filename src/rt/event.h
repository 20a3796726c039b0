#pragma once
// Event: one coroutine waits, another on the same Loop sets. Auto-reset: a wait that ends by Set
// uses it up; Set with nobody waiting is kept for the next wait. Allocates nothing; one waiter at a
// time. The waiter resumes in a later step, never inside Set().

#include <coroutine>

#include "base/check.h"
#include "rt/loop.h"

namespace fairway::rt {

class Event {
 public:
  enum class Wake : unsigned char { kSet, kTimeout };

  explicit Event(Loop& loop) : loop_(loop) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { CHECK(waiter_ == nullptr); }

  void Set();
  bool is_set() const { return set_; }
  // Forgets a Set that nobody waited for.
  void Reset() { set_ = false; }

  // co_await event.Wait();
  class Awaiter : Job {
   public:
    explicit Awaiter(Event& event) : event_(event) {}
    ~Awaiter() override;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiter);
    void await_resume() {}

   protected:
    friend class Event;
    void Run() override;
    Event& event_;
    std::coroutine_handle<> handle_;
  };
  Awaiter Wait() { return Awaiter(*this); }

  // Event::Wake wake = co_await event.WaitFor(1s);
  class TimedAwaiter : Awaiter {
   public:
    TimedAwaiter(Event& event, Duration limit);
    using Awaiter::await_ready;
    void await_suspend(std::coroutine_handle<> waiter);
    Wake await_resume() { return wake_; }

   private:
    void Run() override;
    Duration limit_;
    Wake wake_ = Wake::kSet;
    Timer timer_;
  };
  TimedAwaiter WaitFor(Duration limit) { return TimedAwaiter(*this, limit); }

 private:
  Loop& loop_;
  bool set_ = false;
  Awaiter* waiter_ = nullptr;
};

}  // namespace fairway::rt
