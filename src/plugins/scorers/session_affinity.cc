// session-affinity-scorer: prefers the endpoint that served the request's session before.

#include <algorithm>

#include "plugins/session_names.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class SessionAffinity final : public sched::Scorer {
 public:
  void Score(const sched::Request& request, const sched::Candidates& candidates,
             std::span<float> out) const override {
    std::ranges::fill(out, 0.0f);
    if (!request.session.valid()) return;
    const auto at = std::ranges::find(candidates.ids(), request.session);
    if (at != candidates.ids().end()) out[static_cast<size_t>(at - candidates.ids().begin())] = 1;
  }
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context& context) {
  TRY_STATUS(ReadSessionNames(params, context));
  return {std::make_unique<SessionAffinity>()};
}

}  // namespace

extern constinit const sched::PluginSpec kSessionAffinityScorer{
    .type = "session-affinity-scorer",
    .doc =
        "Prefers the endpoint that served this session before: 1 there, 0 elsewhere. The session "
        "is "
        "a token in the answer's header that the client sends back; it says nothing to others, "
        "ends "
        "after an hour, and one that is wrong or old counts as none.",
    .params = kSessionParams,
    .make = Make,
};

}  // namespace fairway::plugins
