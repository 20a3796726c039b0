#pragma once
// Runs a load: keeps the arrivals' time, hands requests to connections, counts. One Loop, one
// thread; bounded in requests, time and memory. The clock is the loop's, read once a turn.

#include "base/status.h"
#include "loadgen/options.h"
#include "loadgen/report.h"
#include "net/network.h"
#include "rt/task.h"

namespace fairway::loadgen {

// The report, or kInvalid if Check(options) fails. Ends at the latest a request_timeout after the
// counted time. Destroying the task stops the load. The network outlives it.
rt::Task<base::Result<LoadReport>> Run(net::Network& network, LoadOptions options);

}  // namespace fairway::loadgen
