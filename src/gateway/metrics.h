#pragma once
// What the gateway counts. Each worker makes one over the shared registry and gets the same
// metrics.

#include <string_view>

#include "gateway/observer.h"
#include "obs/metrics.h"

namespace fairway::gateway {

struct Metrics {
  explicit Metrics(obs::Registry& registry);
  void Count(const RequestSummary& request);

  obs::Family<obs::Counter>& requests;  // by model, status, reason
  obs::Family<obs::Counter>& attempts;  // by endpoint and how it ended
  obs::Family<obs::Counter>& tokens;    // by model and kind: prompt, cached, completion
  obs::Histogram& duration;
  obs::Histogram& first_byte;
  obs::Histogram& pick;
  obs::Counter& bytes_in;
  obs::Counter& bytes_out;
  obs::Gauge& active;
};

}  // namespace fairway::gateway
