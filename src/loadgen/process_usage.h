#pragma once
// What processes have used so far, as /proc tells it: CPU time of all their threads to the
// nanosecond, and memory. A process that is gone counts as nothing.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace fairway::loadgen {

// A named thing to watch: a proxy with its worker processes, say.
struct WatchedProcess {
  std::string name;
  std::vector<int> pids;
};

// "nginx=10+11+12,backend=20". kInvalid says what is wrong with it.
base::Result<std::vector<WatchedProcess>> ParseWatched(std::string_view text);

struct ProcessUsage {
  // By thread, so that a thread that ends between two readings takes nothing away.
  std::map<int, base::Duration> cpu;
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;
};

// `proc` is "/proc" except in tests.
ProcessUsage ReadUsage(const WatchedProcess& process, const std::string& proc = "/proc");

// CPU time that passed in between.
base::Duration CpuBetween(const ProcessUsage& before, const ProcessUsage& after);

// CPU time of all cores that was not idle, since boot. Zero if it cannot be read.
base::Duration MachineBusy(const std::string& proc = "/proc");

// CPU time of this process.
base::Duration OwnCpu();

}  // namespace fairway::loadgen
