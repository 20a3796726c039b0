#include "net/io.h"

#include <algorithm>

namespace fairway::net {

bool WriteAwaiterBase::Move() {
  for (;;) {
    while (!left_.empty() && left_.front().empty()) left_ = left_.subspan(1);
    if (left_.empty()) return true;
    const IoResult result = stream_.TryWrite(left_);
    if (result.state == IoState::kWouldBlock) return false;
    if (result.state != IoState::kOk) {
      failed_ = true;
      return true;
    }
    size_t moved = result.bytes;
    while (moved > 0) {
      std::string_view& piece = left_.front();
      const size_t here = std::min(moved, piece.size());
      piece.remove_prefix(here);
      moved -= here;
      if (piece.empty()) left_ = left_.subspan(1);
    }
  }
}

void WriteAwaiterBase::Run() {
  waiting_ = false;
  if (Move()) {
    handle_.resume();
  } else {
    Wait();
  }
}

ReadyAwaiter::~ReadyAwaiter() {
  if (!waiting_) return;
  if (direction_ == Direction::kRead) {
    stream_.ForgetReadable();
  } else {
    stream_.ForgetWritable();
  }
}

void ReadyAwaiter::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  waiting_ = true;
  if (direction_ == Direction::kRead) {
    stream_.WaitReadable(*this);
  } else {
    stream_.WaitWritable(*this);
  }
}

void ReadyAwaiter::Run() {
  waiting_ = false;
  handle_.resume();
}

}  // namespace fairway::net
