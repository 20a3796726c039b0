// token-load-scorer: prefers the endpoint with the fewest prompt tokens of ours left to compute,
// this request's own uncached ones included.

#include <algorithm>
#include <array>
#include <string>

#include "config/fields.h"
#include "sched/lanes.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class TokenLoad final : public sched::Scorer {
 public:
  explicit TokenLoad(float threshold) : threshold_(threshold) {}

  void Score(const sched::Request& request, const sched::Candidates& candidates,
             std::span<float> out) const override {
    const std::span<const float> tokens = candidates.in_flight_tokens();
    const std::span<const float> cached = candidates.cached_blocks();
    // UncachedTokens of each candidate, as a line in its cached blocks: never more than all are.
    const float uncached = sched::UncachedTokens(request, 0);
    const float saved =
        request.prefix_blocks.empty() ? 0 : static_cast<float>(request.block_tokens);
    const float scale = 1 / threshold_;
    sched::OverLanes(tokens.size(), [&](auto at) {
      const auto load = at.Load(tokens) + (at.Fill(uncached) - at.Load(cached) * at.Fill(saved));
      at.Store(out, at.Fill(1) - sched::Least(load, at.Fill(threshold_)) * at.Fill(scale));
    });
  }

 private:
  const float threshold_;
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  uint32_t threshold = 4'194'304;
  std::string producer;
  config::Fields fields(params);
  fields.Read("queueThresholdTokens", threshold, {.least = 1});
  fields.Read("inFlightLoadProducerName", producer);
  fields.Read("prefixMatchInfoProducerName", producer);
  TRY_STATUS(fields.Finish());
  return {std::make_unique<TokenLoad>(static_cast<float>(threshold))};
}

constexpr std::array<sched::ParamDoc, 3> kParams{{
    {"queueThresholdTokens", "4194304", "tokens at which the score is 0 (`serve` sets 65536)"},
    {"inFlightLoadProducerName", "", "accepted; in-flight load is always counted"},
    {"prefixMatchInfoProducerName", "", "accepted; there is one such producer"},
}};

}  // namespace

extern constinit const sched::PluginSpec kTokenLoadScorer{
    .type = "token-load-scorer",
    .doc =
        "Prefers the endpoint with the fewest prompt tokens in flight from us: "
        "1 - min(t, threshold) / threshold, where t is the uncached prompt tokens sent there and "
        "not yet answered, plus this request's.",
    .params = kParams,
    .make = Make,
};

}  // namespace fairway::plugins
