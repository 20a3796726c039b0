#pragma once
// The state of a pool as metrics, read when the page is asked for: its members one by one, and what
// its bounded structures hold against their limits.

#include "data/pool.h"
#include "obs/metrics.h"

namespace fairway::apps {

class PoolMetrics {
 public:
  // The registry renders on the control loop only; the pool outlives it.
  PoolMetrics(obs::Registry& registry, data::Pool& pool);
};

}  // namespace fairway::apps
