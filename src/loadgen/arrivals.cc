#include "loadgen/arrivals.h"

#include <cmath>

#include "loadgen/filler.h"

namespace fairway::loadgen {
namespace {

base::Duration FromSeconds(double seconds) {
  return base::Duration(static_cast<int64_t>(seconds * 1e9));
}

}  // namespace

ArrivalTimes::ArrivalTimes(const LoadOptions& options)
    : arrivals_(options.arrivals),
      rate_(options.rate),
      speed_(options.speed),
      trace_(options.trace),
      rng_(MixKeys(options.seed, 21)) {}

std::optional<base::Duration> ArrivalTimes::Next() {
  const uint64_t index = given_++;
  switch (arrivals_) {
    case Arrivals::kConstant:
      return FromSeconds(static_cast<double>(index) / rate_);
    case Arrivals::kPoisson:
      // Gaps are exponential; Unit() is below 1, so the logarithm is finite.
      poisson_seconds_ += -std::log(1 - rng_.Unit()) / rate_;
      return FromSeconds(poisson_seconds_);
    case Arrivals::kTrace:
      if (index >= trace_->requests.size()) return std::nullopt;
      return FromSeconds(base::Seconds(trace_->requests[index].at) / speed_);
    case Arrivals::kClosed:
      break;
  }
  return std::nullopt;
}

}  // namespace fairway::loadgen
