#include "rt/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/check.h"

namespace fairway::rt {

Inbox::Inbox() : wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(wake_fd_ >= 0); }

Inbox::~Inbox() { ::close(wake_fd_); }

void Inbox::Post(Function function) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    posted_.push_back(std::move(function));
    if (posted_.size() > 1) return;  // the loop has been woken for the first
  }
  const uint64_t one = 1;
  // Every write is an edge. The counter would need 2^64 wake-ups to fill.
  CHECK(::write(wake_fd_, &one, sizeof(one)) == sizeof(one));
}

void Inbox::Take(std::vector<Function>& into) {
  CHECK(into.empty());
  const std::lock_guard lock(mutex_);
  posted_.swap(into);
}

void Inbox::Close() {
  std::vector<Function> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(posted_);
}

}  // namespace fairway::rt
