#pragma once
// Lines that must not be split and must not hold a worker up: the way to the access log. A LineSink
// is one worker's buffer; all of them share a LineTarget, which is a file descriptor.
// Invariant: at most kCapacity bytes wait in a sink. When the descriptor takes no more (a full
// pipe, a full disk), new lines are dropped and counted, and the worker goes on.

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "obs/metrics.h"

namespace fairway::obs {

// Where the lines go. Any thread may Write at once; the kernel keeps the pieces apart.
class LineTarget {
 public:
  // "-" is stdout, "stderr" is stderr, anything else a path: opened to append, created 0640.
  // kInvalid when it cannot be opened.
  static base::Result<std::unique_ptr<LineTarget>> Open(const std::string& where);
  // A descriptor of the caller's, which stays open and keeps its mode.
  explicit LineTarget(int fd) : LineTarget(fd, Closing::kLeaveOpen) {}
  ~LineTarget();
  LineTarget(const LineTarget&) = delete;
  LineTarget& operator=(const LineTarget&) = delete;

  // Writes as many whole lines as the descriptor takes without waiting; returns the bytes taken.
  // Only a regular file on a full disk, a line of more than 4 KiB, or a socket can end inside a
  // line; the rest of it is then what the caller writes next.
  size_t Write(std::string_view lines);

 private:
  enum class Closing : unsigned char { kLeaveOpen, kClose };
  LineTarget(int fd, Closing closing);
  const int fd_;
  const Closing closing_;
  const bool regular_;
};

// How the sinks of one log count.
struct LineSinkMetrics {
  // `log` names the log: "access".
  LineSinkMetrics(Registry& registry, std::string_view log);
  Counter& lines;
  Counter& dropped;
};

// One worker's buffer. Its owner calls Flush every 200 ms; a full buffer flushes itself.
class LineSink {
 public:
  static constexpr size_t kCapacity = 64 * 1024;
  static constexpr size_t kFlushAt = 32 * 1024;
  static constexpr base::Duration kFlushInterval = std::chrono::milliseconds(200);

  LineSink(LineTarget& target, LineSinkMetrics metrics);
  ~LineSink() { Flush(); }
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  // Room for a line of up to `bytes`, or nullptr: the line is dropped and counted. Write it there,
  // newline included, and call Commit with its length.
  char* Reserve(size_t bytes);
  void Commit(size_t bytes);
  // One line without its newline.
  void Append(std::string_view line);

  void Flush();
  size_t buffered() const { return used_; }

 private:
  LineTarget& target_;
  LineSinkMetrics metrics_;
  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
};

}  // namespace fairway::obs
