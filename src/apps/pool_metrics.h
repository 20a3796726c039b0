#pragma once
// The state of the pools as metrics, read when the page is asked for: their members one by one, and
// what their bounded structures hold against their limits.

#include <functional>
#include <vector>

#include "data/pool.h"
#include "obs/metrics.h"

namespace fairway::apps {

// `pools` gives the pools there are now. The registry renders on the control loop only; whatever
// `pools` stands on outlives it.
void AddPoolMetrics(obs::Registry& registry, std::function<std::vector<const data::Pool*>()> pools);

}  // namespace fairway::apps
