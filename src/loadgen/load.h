#pragma once
// Runs a load: keeps the arrivals' time, hands requests to connections, counts. One Loop, one
// thread; bounded in requests, time and memory. The clock is the loop's, read once a turn.

#include <functional>

#include "base/status.h"
#include "loadgen/options.h"
#include "loadgen/report.h"
#include "net/network.h"
#include "rt/task.h"

namespace fairway::loadgen {

// How far a run is; told once a second.
struct Progress {
  base::Duration elapsed{};  // warm-up included
  uint64_t sent = 0;
  uint64_t answered = 0;  // whole and 2xx, warm-up included
  uint64_t failed = 0;
  uint64_t in_flight = 0;
  uint64_t waiting = 0;  // due, without a free connection
};
using OnProgress = std::move_only_function<void(const Progress&)>;

// The report, or kInvalid if Check(options) fails. Ends at the latest a request_timeout after the
// counted time. Destroying the task stops the load. The network outlives it.
rt::Task<base::Result<LoadReport>> Run(net::Network& network, LoadOptions options,
                                       OnProgress on_progress = {});

}  // namespace fairway::loadgen
