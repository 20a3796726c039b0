#pragma once
// Task<T>: a coroutine that starts when it is awaited and hands its value to that one awaiter.
//
//   Task<Status> Serve(std::unique_ptr<Stream> stream) { ... co_return Status(); }
//   Status status = co_await Serve(std::move(stream));
//
// Arguments are copied into the frame: pass by value whatever must live as long (a reference must
// outlive the task; a lambda that is a coroutine must outlive it too, so prefer functions).
// A Task lives on one Loop. Nothing throws: an exception that reaches a Task is a bug and aborts.
//
// Destroying a Task that is suspended destroys its frame, and with it whatever it awaits: every
// awaiter of rt and net unregisters in its destructor. Never destroy a Task from inside itself.
//
// No symmetric transfer: g++ 12 makes a real call of it at -O0, -O1 and under ASan, and a loop of
// awaits that complete at once then overflows the stack. Instead the awaiter resumes the child as a
// call, and a child that ends within that call only marks itself done (Progress::kStarting ->
// kDone).

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "rt/frame_pool.h"

namespace fairway::rt {

template <class T>
class Task;

namespace internal {

enum class Progress : unsigned char {
  kCreated,
  kStarting,   // the awaiter's await_suspend is on the stack below
  kSuspended,  // the awaiter is suspended; the task resumes it at its end
  kDone,
};

class PromiseBase {
 public:
  static void* operator new(size_t size) { return AllocateFrame(size); }
  static void operator delete(void* memory, size_t size) { FreeFrame(memory, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      PromiseBase& promise = self.promise();
      const Progress before = std::exchange(promise.progress_, Progress::kDone);
      // The awaiter may destroy this frame: nothing of it is touched after resume().
      if (before == Progress::kSuspended) promise.awaiter_.resume();
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept {
    base::CheckFailed(__FILE__, __LINE__, "an exception reached a Task");
  }

  // Runs the coroutine `self` until it waits or ends. True if it waits: `awaiter` must then
  // suspend.
  bool Start(std::coroutine_handle<> self, std::coroutine_handle<> awaiter) {
    CHECK(progress_ == Progress::kCreated);
    progress_ = Progress::kStarting;
    awaiter_ = awaiter;
    self.resume();
    if (progress_ == Progress::kDone) return false;
    progress_ = Progress::kSuspended;
    return true;
  }

 private:
  std::coroutine_handle<> awaiter_;
  Progress progress_ = Progress::kCreated;
};

template <class T>
class Promise final : public PromiseBase {
 public:
  Task<T> get_return_object();
  template <class U>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T Take() { return *std::move(value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void Take() {}
};

}  // namespace internal

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::Promise<T>;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter) {
      return frame_.promise().Start(frame_, awaiter);
    }
    T await_resume() { return frame_.promise().Take(); }

   private:
    std::coroutine_handle<promise_type> frame_;  // owned by the Task
  };

  // Once: co_await Function(), or co_await std::move(task).
  Awaiter operator co_await() && {
    CHECK(frame_ != nullptr);
    return Awaiter(frame_);
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

namespace internal {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace internal

}  // namespace fairway::rt
