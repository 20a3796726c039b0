// queue-scorer: prefers the endpoint with the fewest requests waiting in its own queue.

#include "config/fields.h"
#include "plugins/scorers/least_is_best.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class Queue final : public sched::Scorer {
 public:
  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    ScoreLeastIsBest(candidates.waiting(), out);
  }
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<Queue>()};
}

}  // namespace

extern constinit const sched::PluginSpec kQueueScorer{
    .type = "queue-scorer",
    .doc =
        "Prefers the endpoint with the fewest requests waiting in its queue: "
        "(max - waiting) / (max - min) among the candidates, 1 for all when equal. Where the "
        "queue is unknown, our own requests in flight there count instead.",
    .make = Make,
};

}  // namespace fairway::plugins
