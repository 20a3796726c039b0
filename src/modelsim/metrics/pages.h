#pragma once
// The page of whichever engine is imitated.

#include <string>

#include "modelsim/metrics/metrics_page.h"

namespace fairway::modelsim {

// Appends the page, filled up with more series to Profile::metrics_page_bytes if it is shorter.
void AppendMetricsPage(const MetricsInput& input, std::string& out);

// What trtllm-serve answers at /metrics: JSON about its last iteration. Its Prometheus page is at
// /prometheus/metrics.
std::string TrtllmIterationStats(const Engine& engine);

}  // namespace fairway::modelsim
