#pragma once
// Awaiting a Stream from a coroutine (rt/task.h):
//
//   IoResult got = co_await Read(stream, buffer);            // kOk, kEnd or kFailed
//   Status sent = co_await Write(stream, head, body);        // all of it, gathered
//   Status up = co_await Connected(*network.Connect(to));
//   co_await WaitReadable(stream);                           // bytes, FIN or failure
//
// Each moves at once if it can and the budget allows (rt/inline_budget.h), else waits for
// readiness. Nothing allocates. The stream, the buffer and the pieces must outlive the await;
// destroying the frame meanwhile forgets the wait. Invariant: an awaiter is known to the stream
// only while suspended.

#include <array>
#include <concepts>
#include <coroutine>
#include <span>
#include <string_view>

#include "net/stream.h"
#include "rt/inline_budget.h"

namespace fairway::net {

class ReadAwaiter final : rt::Job {
 public:
  ReadAwaiter(Stream& stream, std::span<char> into) : stream_(stream), into_(into) {}
  ~ReadAwaiter() override {
    if (waiting_) stream_.ForgetReadable();
  }
  bool await_ready() { return rt::TakeInlineBudget() && Move(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    Wait();
  }
  IoResult await_resume() const { return result_; }

 private:
  bool Move() {
    result_ = stream_.TryRead(into_);
    return result_.state != IoState::kWouldBlock;
  }
  void Wait() {
    waiting_ = true;
    stream_.WaitReadable(*this);
  }
  void Run() override {
    waiting_ = false;
    if (Move()) {
      handle_.resume();
    } else {
      Wait();
    }
  }

  Stream& stream_;
  std::span<char> into_;
  IoResult result_;
  bool waiting_ = false;
  std::coroutine_handle<> handle_;
};

// Writes all the pieces; WriteAwaiter<N> below owns their array.
class WriteAwaiterBase : rt::Job {
 public:
  ~WriteAwaiterBase() override {
    if (waiting_) stream_.ForgetWritable();
  }
  bool await_ready() { return rt::TakeInlineBudget() && Move(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    Wait();
  }
  base::Status await_resume() const { return failed_ ? stream_.failure() : base::Status(); }

 protected:
  explicit WriteAwaiterBase(Stream& stream) : stream_(stream) {}
  std::span<std::string_view> left_;  // what is still to be written; its views shrink

 private:
  bool Move();  // true when all is written or the stream has failed
  void Wait() {
    waiting_ = true;
    stream_.WaitWritable(*this);
  }
  void Run() override;

  Stream& stream_;
  bool waiting_ = false;
  bool failed_ = false;
  std::coroutine_handle<> handle_;
};

template <size_t N>
class WriteAwaiter final : public WriteAwaiterBase {
 public:
  template <class... Pieces>
  explicit WriteAwaiter(Stream& stream, const Pieces&... pieces)
      : WriteAwaiterBase(stream), pieces_{std::string_view(pieces)...} {
    left_ = pieces_;
  }

 private:
  std::array<std::string_view, N> pieces_;
};

// How many bytes the pieces have together.
inline size_t TotalBytes(std::span<const std::string_view> pieces) {
  size_t total = 0;
  for (const std::string_view piece : pieces) total += piece.size();
  return total;
}

// Pieces held by the caller: their views are used up while writing.
class WriteAllAwaiter final : public WriteAwaiterBase {
 public:
  WriteAllAwaiter(Stream& stream, std::span<std::string_view> pieces) : WriteAwaiterBase(stream) {
    left_ = pieces;
  }
};

enum class Direction : unsigned char { kRead, kWrite };

class ReadyAwaiter : rt::Job {
 public:
  ReadyAwaiter(Stream& stream, Direction direction) : stream_(stream), direction_(direction) {}
  ~ReadyAwaiter() override;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume() const {}

 protected:
  Stream& stream_;

 private:
  void Run() override;
  Direction direction_;
  bool waiting_ = false;
  std::coroutine_handle<> handle_;
};

class ConnectedAwaiter final : public ReadyAwaiter {
 public:
  explicit ConnectedAwaiter(Stream& stream) : ReadyAwaiter(stream, Direction::kWrite) {}
  base::Status await_resume() const { return stream_.failure(); }
};

// The next bytes, or the end, or failure; never kWouldBlock. `into` must not be empty.
inline ReadAwaiter Read(Stream& stream, std::span<char> into) { return {stream, into}; }

// Writes every piece (empty ones cost nothing), in one system call where the kernel takes them.
template <class... Pieces>
  requires(std::convertible_to<const Pieces&, std::string_view> && ...)
WriteAwaiter<sizeof...(Pieces)> Write(Stream& stream, const Pieces&... pieces) {
  return WriteAwaiter<sizeof...(Pieces)>(stream, pieces...);
}
inline WriteAllAwaiter WriteAll(Stream& stream, std::span<std::string_view> pieces) {
  return {stream, pieces};
}

inline ReadyAwaiter WaitReadable(Stream& stream) { return {stream, Direction::kRead}; }
inline ReadyAwaiter WaitWritable(Stream& stream) { return {stream, Direction::kWrite}; }

// Ok once a stream from Network::Connect is connected, else why it is not.
inline ConnectedAwaiter Connected(Stream& stream) { return ConnectedAwaiter(stream); }

}  // namespace fairway::net
