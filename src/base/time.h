#pragma once
// Time as the whole program speaks it. No code reads a clock: the Loop does (rt/loop.h), and hands
// the reading down. That is what lets a simulation run the same code at virtual time.

#include <chrono>
#include <cstdint>

namespace fairway::base {

using Duration = std::chrono::nanoseconds;

// Monotonic since an arbitrary start; for deadlines and for measuring.
struct LoopClock {
  using rep = int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<LoopClock, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = LoopClock::time_point;

// Since the Unix epoch; for logs and for what leaves the process.
using WallTime = std::chrono::sys_time<Duration>;

constexpr double Seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr double Milliseconds(Duration d) { return static_cast<double>(d.count()) * 1e-6; }

}  // namespace fairway::base
