#pragma once
// When the sessions of an open loop begin, as time since the load's beginning, ascending and
// without end except for a trace.

#include <memory>
#include <optional>

#include "base/rng.h"
#include "loadgen/options.h"
#include "loadgen/trace.h"

namespace fairway::loadgen {

class ArrivalTimes {
 public:
  // options.arrivals is not kClosed.
  explicit ArrivalTimes(const LoadOptions& options);
  std::optional<base::Duration> Next();

 private:
  const Arrivals arrivals_;
  const double rate_;   // of the constant and the Poisson process
  const double speed_;  // of the trace
  const std::shared_ptr<const Trace> trace_;
  base::Rng rng_;
  uint64_t given_ = 0;
  double poisson_seconds_ = 0;
};

}  // namespace fairway::loadgen
