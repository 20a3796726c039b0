#include "rt/epoll_loop.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>
#include <utility>

#include "base/check.h"
#include "rt/inline_budget.h"
#include "rt/offload_pool.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;

TimePoint Monotonic() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return TimePoint(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

// Sleeps at most `limit`. epoll_wait counts milliseconds; below ten of them that is too coarse.
int WaitFor(int epoll_fd, std::span<epoll_event> events, Duration limit) {
  const int room = static_cast<int>(events.size());
  static constexpr Duration kCoarse = milliseconds(10);
  if (limit > Duration::zero() && limit < kCoarse) {
    const timespec t{0, static_cast<long>(limit.count())};
    const int count = ::epoll_pwait2(epoll_fd, events.data(), room, &t, nullptr);
    // An old kernel says ENOSYS, an old container's filter of system calls EPERM.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
  }
  static constexpr Duration kLongest = std::chrono::hours(1);
  const auto rounded = std::chrono::ceil<milliseconds>(std::min(limit, kLongest));
  return ::epoll_wait(epoll_fd, events.data(), room, static_cast<int>(rounded.count()));
}

}  // namespace

EpollLoop::EpollLoop(const Options& options)
    : options_(options),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      inbox_(std::make_shared<Inbox>()),
      now_(Monotonic()),
      resolver_(inbox_) {
  CHECK(epoll_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // no watcher: it only wakes
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, inbox_->wake_fd(), &event) == 0);
}

EpollLoop::~EpollLoop() {
  inbox_->Close();
  ::close(epoll_fd_);
}

void EpollLoop::Run() {
  while (!stopping_) Turn(std::nullopt);
  stopping_ = false;
}

void EpollLoop::Stop() {
  Post([this] { stopping_ = true; });
}

bool EpollLoop::RunUntil(std::move_only_function<bool()> condition, Duration limit) {
  const TimePoint end = ReadClock() + limit;
  while (!condition()) {
    if (now_ >= end) return false;
    Turn(end);
  }
  return true;
}

TimePoint EpollLoop::ReadClock() const { return Monotonic(); }

WallTime EpollLoop::WallNow() const {
  if (!wall_now_) {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    wall_now_ = WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
  }
  return *wall_now_;
}

void EpollLoop::Start(Timer& timer, Duration delay) {
  timers_.Start(timer, now_ + std::max(delay, Duration::zero()));
}

void EpollLoop::Post(std::move_only_function<void()> function) {
  inbox_->Post(std::move(function));
}

void EpollLoop::Resolve(std::string host, ResolveDone done) {
  resolver_.Resolve(std::move(host), std::move(done));
}

base::Status EpollLoop::Offload(std::move_only_function<void()> work,
                                std::move_only_function<void()> done) {
  if (options_.offload == nullptr) {
    Post([work = std::move(work), done = std::move(done)]() mutable {
      work();
      done();
    });
    return {};
  }
  return options_.offload->Submit(
      [inbox = inbox_, work = std::move(work), done = std::move(done)]() mutable {
        work();
        inbox->Post(std::move(done));
      });
}

base::Status EpollLoop::Watch(int fd, uint32_t events, FdWatcher& watcher) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = &watcher;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return {base::Code::kExhausted, std::string("watching a descriptor: ") + std::strerror(errno)};
}

void EpollLoop::Turn(std::optional<TimePoint> until) {
  const int count = Wait(until);
  now_ = ReadClock();
  wall_now_.reset();
  HandOut(count);
  deferred_.Append(yielded_);
  deferred_.RunAll();  // before the timers: what has come in time beats its own time-out
  RunPosted();
  timers_.Fire(now_);
  deferred_.RunAll();
}

int EpollLoop::Wait(std::optional<TimePoint> until) {
  if (!yielded_.empty() || !deferred_.empty()) return WaitFor(epoll_fd_, events_, Duration::zero());
  std::optional<TimePoint> wake = timers_.Next();
  if (until && (!wake || *until < *wake)) wake = until;
  int count = 0;
  if (wake) {
    // now_ is as old as this turn is long; a fresh reading keeps timers exact for 20 ns.
    const Duration limit = std::max(*wake - ReadClock(), Duration::zero());
    count = WaitFor(epoll_fd_, events_, limit);
  } else {
    count = ::epoll_wait(epoll_fd_, events_.data(), static_cast<int>(events_.size()), -1);
  }
  CHECK(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

void EpollLoop::HandOut(int count) {
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<size_t>(i)];
    if (event.data.ptr == nullptr) {
      inbox_->Take(posted_);
    } else {
      static_cast<FdWatcher*>(event.data.ptr)->OnEvents(event.events);
    }
  }
}

void EpollLoop::RunPosted() {
  for (auto& function : posted_) {
    RefillInlineBudget();
    function();
    function = nullptr;
  }
  posted_.clear();
}

}  // namespace fairway::rt
