// load-aware-scorer: 0.5 for an endpoint without a queue, less the longer the queue is, 0 at the
// threshold. Unlike queue-scorer it looks at how long the queue is, not at which is the shortest.

#include <array>

#include "config/fields.h"
#include "sched/lanes.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class LoadAware final : public sched::Scorer {
 public:
  explicit LoadAware(float threshold) : threshold_(threshold) {}

  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    const std::span<const float> waiting = candidates.waiting();
    sched::OverLanes(waiting.size(), [&](auto at) {
      const auto queue = sched::Least(at.Load(waiting), at.Fill(threshold_));
      at.Store(out, at.Fill(0.5f) * (at.Fill(threshold_) - queue) / at.Fill(threshold_));
    });
  }

 private:
  const float threshold_;
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  uint32_t threshold = 128;
  config::Fields fields(params);
  fields.Read("threshold", threshold, {.least = 1});
  TRY_STATUS(fields.Finish());
  return {std::make_unique<LoadAware>(static_cast<float>(threshold))};
}

constexpr std::array<sched::ParamDoc, 1> kParams{{
    {"threshold", "128", "a queue of so many requests or more scores 0"},
}};

}  // namespace

extern constinit const sched::PluginSpec kLoadAwareScorer{
    .type = "load-aware-scorer",
    .doc =
        "Prefers an endpoint with a short queue: 0.5 x (1 - min(waiting, threshold) / threshold). "
        "Never above 0.5, as the contract has it: give it twice the weight of another scorer.",
    .params = kParams,
    .make = Make,
};

}  // namespace fairway::plugins
