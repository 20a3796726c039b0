// running-requests-size-scorer: prefers the endpoint with the fewest requests in its running batch.

#include <array>

#include "config/fields.h"
#include "plugins/scorers/least_is_best.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class RunningRequests final : public sched::Scorer {
 public:
  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    ScoreLeastIsBest(candidates.running(), out);
  }
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<RunningRequests>()};
}

constexpr std::array<std::string_view, 1> kAliases{"running-requests-scorer"};

}  // namespace

extern constinit const sched::PluginSpec kRunningRequestsSizeScorer{
    .type = "running-requests-size-scorer",
    .doc =
        "Prefers the endpoint with the fewest requests in its running batch: "
        "(max - running) / (max - min) among the candidates, 1 for all when equal. Where it is "
        "unknown, our own requests in flight there count instead.",
    .make = Make,
    .aliases = kAliases,
};

}  // namespace fairway::plugins
