// lora-affinity-scorer: prefers the endpoint where the adapter asked for runs already, then one
// with room to load it, then one where it waits for room.

#include <algorithm>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

float ScoreOf(data::LoraState state) {
  switch (state) {
    case data::LoraState::kRunning:
      return 1.0f;
    case data::LoraState::kRoom:
      return 0.8f;
    case data::LoraState::kWaiting:
      return 0.6f;
    case data::LoraState::kUntold:
      return 0.5f;  // neither as good as room nor as bad as none
    case data::LoraState::kFull:
      return 0.0f;
  }
  return 0.0f;
}

class LoraAffinity final : public sched::Scorer {
 public:
  void Score(const sched::Request& request, const sched::Candidates& candidates,
             std::span<float> out) const override {
    if (request.adapter.empty()) return std::fill(out.begin(), out.end(), 1.0f);
    std::ranges::transform(candidates.lora(), out.begin(), ScoreOf);
  }
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<LoraAffinity>()};
}

}  // namespace

extern constinit const sched::PluginSpec kLoraAffinityScorer{
    .type = "lora-affinity-scorer",
    .doc =
        "Prefers the endpoint that has the LoRA adapter asked for: 1 where it runs, 0.8 where a "
        "slot is free, 0.6 where it waits for one, 0 where all slots are taken, 0.5 where the "
        "server does not tell. 1 for all when a base model is asked for.",
    .make = Make,
};

}  // namespace fairway::plugins
