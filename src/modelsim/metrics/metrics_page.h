#pragma once
// What the metrics pages of the imitated engines are made of. Names, labels and meaning are theirs.

#include <span>
#include <string>
#include <string_view>

#include "modelsim/engine/engine.h"
#include "modelsim/metrics/http_stats.h"
#include "modelsim/options.h"

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
  std::span<const AdapterSeries> adapters = {};
  EngineKind kind = EngineKind::kVllm;
  MetricsDetail detail = MetricsDetail::kLean;
  const HttpStats* http = nullptr;  // of a full page
  double since = 0;                 // when it began to count, in seconds since the epoch
};

}  // namespace fairway::modelsim
