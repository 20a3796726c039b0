// prefix-cache-scorer: prefers the endpoint that has most of the prompt's beginning in its KV
// cache. w x min(1, cached tokens / scale)^2 + (1 - w) x cached blocks / all blocks, w =
// matchLengthWeight.

#include <algorithm>
#include <array>
#include <string>

#include "config/fields.h"
#include "sched/lanes.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class PrefixCache final : public sched::Scorer {
 public:
  struct Options {
    float match_length_weight = 0;
    uint32_t match_length_scale_tokens = 8192;
  };
  explicit PrefixCache(const Options& options) : options_(options) {}

  void Score(const sched::Request& request, const sched::Candidates& candidates,
             std::span<float> out) const override {
    if (request.prefix_blocks.empty()) return std::fill(out.begin(), out.end(), 0.0f);
    const std::span<const float> cached = candidates.cached_blocks();
    const float share =
        (1 - options_.match_length_weight) / static_cast<float>(request.prefix_blocks.size());
    const float length = static_cast<float>(request.block_tokens) /
                         static_cast<float>(options_.match_length_scale_tokens);
    sched::OverLanes(cached.size(), [&](auto at) {
      const auto blocks = at.Load(cached);
      const auto scaled = sched::Least(blocks * at.Fill(length), at.Fill(1));
      at.Store(out,
               at.Fill(options_.match_length_weight) * scaled * scaled + at.Fill(share) * blocks);
    });
  }

 private:
  const Options options_;
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  PrefixCache::Options options;
  std::string producer;  // the column has one producer, whatever its name
  config::Fields fields(params);
  fields.Read("matchLengthWeight", options.match_length_weight, {.least = 0, .most = 1});
  fields.Read("matchLengthScaleTokens", options.match_length_scale_tokens, {.least = 1});
  fields.Read("prefixMatchInfoProducerName", producer);
  TRY_STATUS(fields.Finish());
  return {std::make_unique<PrefixCache>(options)};
}

constexpr std::array<sched::ParamDoc, 3> kParams{{
    {"matchLengthWeight", "0",
     "0 to 1: how much the length of the match in tokens counts, against its share of the prompt"},
    {"matchLengthScaleTokens", "8192", "a match of so many tokens has full length"},
    {"prefixMatchInfoProducerName", "", "accepted; there is one such producer"},
}};

}  // namespace

extern constinit const sched::PluginSpec kPrefixCacheScorer{
    .type = "prefix-cache-scorer",
    .doc =
        "Prefers the endpoint that probably has most of the prompt's beginning in its KV cache: "
        "w x min(1, cached tokens / scale)^2 + (1 - w) x cached blocks / prompt blocks, with w = "
        "matchLengthWeight. 0 for a prompt without blocks.",
    .params = kParams,
    .data_key = sched::kPrefixCacheMatchInfo,
    .make = Make,
};

}  // namespace fairway::plugins
