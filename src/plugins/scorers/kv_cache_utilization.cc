// kv-cache-utilization-scorer: prefers the endpoint with the most free KV cache.

#include "config/fields.h"
#include "sched/lanes.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class KvCacheUtilization final : public sched::Scorer {
 public:
  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    const std::span<const float> usage = candidates.kv_usage();
    sched::OverLanes(usage.size(), [&](auto at) { at.Store(out, at.Fill(1) - at.Load(usage)); });
  }
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<KvCacheUtilization>()};
}

}  // namespace

extern constinit const sched::PluginSpec kKvCacheUtilizationScorer{
    .type = "kv-cache-utilization-scorer",
    .doc =
        "Prefers the endpoint with the most free KV cache: 1 - used fraction. Where it is "
        "unknown, the median of the other candidates counts, 0.5 if there is none.",
    .make = Make,
};

}  // namespace fairway::plugins
