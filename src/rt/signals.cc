#include "rt/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/check.h"

namespace fairway::rt {
namespace {

// The pipe that the handler writes to; -1 while no Signals exists.
std::atomic<int> write_fd{-1};

extern "C" void OnSignal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  // A full pipe holds thousands of signals already: nothing is lost that matters.
  [[maybe_unused]] const ssize_t written = ::write(write_fd.load(), &byte, 1);
  errno = saved;
}

void SetAction(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  CHECK(::sigaction(number, &action, nullptr) == 0);
}

}  // namespace

Signals::Signals(EpollLoop& loop, std::vector<int> which,
                 std::move_only_function<void(int)> on_signal)
    : loop_(loop), which_(std::move(which)), on_signal_(std::move(on_signal)), wake_(*this) {
  int ends[2];
  CHECK(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  read_fd_ = ends[0];
  int none = -1;
  CHECK(write_fd.compare_exchange_strong(none, ends[1]));
  CHECK(loop_.Watch(read_fd_, EPOLLIN, *this).ok());
  SetAction(SIGPIPE, SIG_IGN);
  for (const int number : which_) SetAction(number, &OnSignal);
}

Signals::~Signals() {
  for (const int number : which_) SetAction(number, SIG_DFL);
  ::close(write_fd.exchange(-1));
  ::close(read_fd_);
}

void Signals::OnEvents(uint32_t) {
  if (!wake_.queued()) loop_.Defer(wake_);
}

void Signals::Deliver() {
  unsigned char numbers[64];
  const ssize_t count = ::read(read_fd_, numbers, sizeof(numbers));
  // A full read may leave more behind, and the edge is used up.
  if (count == static_cast<ssize_t>(sizeof(numbers))) loop_.Yield(wake_);
  for (ssize_t i = 0; i < count; ++i) on_signal_(numbers[i]);
}

}  // namespace fairway::rt
