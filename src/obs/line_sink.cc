#include "obs/line_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/check.h"

namespace fairway::obs {
namespace {

// A worker is in one write for well under a millisecond.
constexpr size_t kMaxPiece = 64 * 1024;

bool IsRegular(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

bool WritableNow(int fd) {
  pollfd ask{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&ask, 1, 0) == 1 && (ask.revents & POLLOUT) != 0;
}

// The longest prefix of whole lines of at most `limit` bytes; `limit` bytes if the first line alone
// is longer.
size_t WholeLines(std::string_view lines, size_t limit) {
  if (lines.size() <= limit) return lines.size();
  const size_t newline = lines.substr(0, limit).rfind('\n');
  return newline == lines.npos ? limit : newline + 1;
}

}  // namespace

LineTarget::LineTarget(int fd, Closing closing)
    : fd_(fd), closing_(closing), regular_(IsRegular(fd)) {}

LineTarget::~LineTarget() {
  if (closing_ == Closing::kClose) ::close(fd_);
}

base::Result<std::unique_ptr<LineTarget>> LineTarget::Open(const std::string& where) {
  const auto made = [](int fd, Closing closing) {
    return std::unique_ptr<LineTarget>(new LineTarget(fd, closing));
  };
  if (where == "-") return made(STDOUT_FILENO, Closing::kLeaveOpen);
  if (where == "stderr") return made(STDERR_FILENO, Closing::kLeaveOpen);
  // Non-blocking for the sake of a named pipe; a regular file takes no notice of it.
  const int fd =
      ::open(where.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd < 0) {
    return base::Status(base::Code::kInvalid,
                        "cannot open " + where + " to append: " + std::strerror(errno));
  }
  return made(fd, Closing::kClose);
}

size_t LineTarget::Write(std::string_view lines) {
  // A pipe that polls writable takes PIPE_BUF bytes without waiting, and whole; more than that
  // could block, or mix with what another worker writes. A regular file takes what it is given.
  const size_t piece = regular_ ? kMaxPiece : PIPE_BUF;
  size_t written = 0;
  while (written < lines.size()) {
    if (!regular_ && !WritableNow(fd_)) break;
    const std::string_view rest = lines.substr(written);
    const size_t length = WholeLines(rest, piece);
    const ssize_t n = ::write(fd_, rest.data(), length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<size_t>(n);
    if (static_cast<size_t>(n) < length) break;
  }
  return written;
}

LineSinkMetrics::LineSinkMetrics(Registry& registry, std::string_view log)
    : lines(registry
                .AddCounterFamily({.name = "fairway_log_lines_total",
                                   .help = "Lines accepted for a log, by log.",
                                   .labels = {"log"}})
                .With(log)),
      dropped(registry
                  .AddCounterFamily({.name = "fairway_log_lines_dropped_total",
                                     .help = "Lines lost because a log could not be written.",
                                     .labels = {"log"}})
                  .With(log)) {}

LineSink::LineSink(LineTarget& target, LineSinkMetrics metrics)
    : target_(target), metrics_(metrics), buffer_(new char[kCapacity]) {}

char* LineSink::Reserve(size_t bytes) {
  if (used_ + bytes > kFlushAt) Flush();
  if (bytes > kCapacity - used_) {
    metrics_.dropped.Add();
    return nullptr;
  }
  return buffer_.get() + used_;
}

void LineSink::Commit(size_t bytes) {
  CHECK(bytes <= kCapacity - used_);
  used_ += bytes;
  metrics_.lines.Add();
}

void LineSink::Append(std::string_view line) {
  char* to = Reserve(line.size() + 1);
  if (to == nullptr) return;
  std::memcpy(to, line.data(), line.size());
  to[line.size()] = '\n';
  Commit(line.size() + 1);
}

void LineSink::Flush() {
  if (used_ == 0) return;
  const size_t written = target_.Write({buffer_.get(), used_});
  std::memmove(buffer_.get(), buffer_.get() + written, used_ - written);
  used_ -= written;
}

}  // namespace fairway::obs
