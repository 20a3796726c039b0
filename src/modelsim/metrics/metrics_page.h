#pragma once
// The /metrics page: Prometheus text with the names, labels and help texts' sense of vLLM's own.
// Numbers are written as Python writes floats ("3.0"), which is what parsers of the real page meet.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "modelsim/engine/engine.h"

namespace fairway::modelsim {

// One set of adapters that has been in use, and when last: vLLM keeps a series for each for ever,
// and the newest has the largest value.
struct AdapterSeries {
  std::string running;  // names joined by commas, sorted
  std::string waiting;
  double seen = 0;  // seconds since the epoch
};

struct MetricsInput {
  const Engine& engine;
  std::string_view model;
  std::span<const AdapterSeries> adapters;
};

// Appends the page, filled up with more series to Profile::metrics_page_bytes if it is shorter.
void AppendMetricsPage(const MetricsInput& input, std::string& out);

}  // namespace fairway::modelsim
