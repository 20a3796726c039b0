// core-metrics-extractor: how the servers' metrics pages are read, by kind of engine. The engines
// that are known without it stand in sources/engines.cc.

#include <algorithm>
#include <array>
#include <string>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

constexpr size_t kMaxEngines = 16;

// Reads one spec into `series`; an absent one stays empty.
base::Status ReadSeries(config::Fields& fields, std::string_view key, data::SeriesName& series) {
  const config::Node node = fields.Take(key);
  if (node.IsNull()) return {};
  auto parsed = data::ParseSeriesName(TRY(node.Text()));
  if (!parsed.ok()) return node.Error(parsed.status().message());
  series = *std::move(parsed);
  return {};
}

base::Result<data::EngineMapping> ReadEngine(const config::Node& node) {
  data::EngineMapping engine;
  config::Fields fields(node);
  fields.Require("name");
  fields.Read("name", engine.name);
  TRY_STATUS(ReadSeries(fields, "queuedRequestsSpec", engine.queued));
  TRY_STATUS(ReadSeries(fields, "runningRequestsSpec", engine.running));
  TRY_STATUS(ReadSeries(fields, "kvUsageSpec", engine.kv_usage));
  TRY_STATUS(ReadSeries(fields, "loraSpec", engine.lora));
  TRY_STATUS(ReadSeries(fields, "cacheInfoSpec", engine.cache_info));
  TRY_STATUS(ReadSeries(fields, "cacheBlockSizeSpec", engine.block_size));
  TRY_STATUS(ReadSeries(fields, "cacheNumBlocksSpec", engine.num_blocks));
  fields.Read("cacheBlockSizeLabelName", engine.block_size_label);
  fields.Read("cacheNumBlocksLabelName", engine.num_blocks_label);
  const config::Node custom = fields.Take("customMetrics");
  if (!custom.IsNull()) fields.Complain(custom.Error("has no part in this program"));
  TRY_STATUS(fields.Finish());
  if (engine.name == "default")
    return node.Get("name").Error("\"default\" is reserved; name the engine and set defaultEngine");
  return engine;
}

base::Status Read(const config::Node& params, sched::Context& context) {
  sched::HostNeeds& needs = context.needs;
  config::Fields fields(params);
  fields.Read("engineLabelKey", needs.engine_label_key);
  fields.Read("defaultEngine", needs.default_engine);
  const config::Node engines = fields.Take("engineConfigs");
  TRY_STATUS(fields.Finish());
  if (engines.IsNull()) return {};
  if (!engines.IsList()) return engines.Error("expected a list, got " + engines.Shown());
  for (const config::Node& node : engines.Items()) {
    data::EngineMapping engine = TRY(ReadEngine(node));
    if (std::ranges::find(needs.engines, engine.name, &data::EngineMapping::name) !=
        needs.engines.end())
      return node.Error("an engine named \"" + engine.name + "\" stands above");
    if (needs.engines.size() == kMaxEngines)
      return node.Error("at most " + std::to_string(kMaxEngines) + " engines");
    needs.engines.push_back(std::move(engine));
  }
  return {};
}

constexpr std::array<sched::ParamDoc, 3> kParams{{
    {"engineLabelKey", "llm-d.ai/engine-type", "label of an endpoint that names its engine"},
    {"defaultEngine", "",
     "engine of endpoints without the label; unset: told by what is on the page"},
    {"engineConfigs", "[]",
     "`{name, queuedRequestsSpec, runningRequestsSpec, kvUsageSpec, loraSpec, cacheInfoSpec, "
     "cacheBlockSizeLabelName, cacheNumBlocksLabelName, cacheBlockSizeSpec, cacheNumBlocksSpec}`: "
     "which series, as `name{label=value}`, hold which figure; one of a known name replaces it"},
}};

}  // namespace

extern constinit const sched::PluginSpec kCoreMetricsExtractor{
    .type = "core-metrics-extractor",
    .doc =
        "Reads queue, running requests, KV cache use, adapters and cache geometry from the "
        "servers' "
        "metrics pages. vLLM, SGLang, trtllm-serve and Triton are known.",
    .params = kParams,
    .make = Read,
};

}  // namespace fairway::plugins
