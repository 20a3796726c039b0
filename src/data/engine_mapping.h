#pragma once
// EngineMapping: which series of a model server's metrics page hold which figure, for one kind of
// engine. The built-in ones stand in sources/engines.cc; a configuration can replace them or add
// others (core-metrics-extractor). Values.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace fairway::data {

// Series of one family that carry all of these labels. An empty family: the engine does not tell.
struct SeriesName {
  std::string family;
  std::vector<std::pair<std::string, std::string>> labels;
  bool empty() const { return family.empty(); }
  friend bool operator==(const SeriesName&, const SeriesName&) = default;
};

// The contract's spelling: name, name{label=value}, name{a="x",b=y}. An empty text is an empty
// name. kInvalid says what is wrong.
base::Result<SeriesName> ParseSeriesName(std::string_view text);

struct EngineMapping {
  std::string name;  // "vllm"
  SeriesName queued;
  SeriesName running;
  SeriesName kv_usage;
  SeriesName older_kv_usage;  // read where kv_usage is not there
  SeriesName lora;
  // Facts about the cache: as labels of one series, or as values of two.
  SeriesName cache_info;
  std::string block_size_label;
  std::string num_blocks_label;
  SeriesName block_size;
  SeriesName num_blocks;
  // Counters of tokens, summed: that they move shows that the server works.
  std::vector<SeriesName> tokens;
  friend bool operator==(const EngineMapping&, const EngineMapping&) = default;
};

}  // namespace fairway::data
