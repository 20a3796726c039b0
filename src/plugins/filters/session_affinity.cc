// session-affinity-filter: keeps a session on the endpoint that served it before, whatever its
// load. When that one is no candidate, everyone stays.

#include <algorithm>

#include "plugins/session_names.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class SessionAffinity final : public sched::Filter {
 public:
  void Keep(const sched::Request& request, const sched::Candidates& candidates,
            std::span<uint8_t> keep) const override {
    const std::span<const model::EndpointId> ids = candidates.ids();
    if (!request.session.valid() || std::ranges::find(ids, request.session) == ids.end()) return;
    for (size_t i = 0; i < ids.size(); ++i) keep[i] = ids[i] == request.session ? 1 : 0;
  }
};

base::Result<std::unique_ptr<const sched::Filter>> Make(const config::Node& params,
                                                        sched::Context& context) {
  TRY_STATUS(ReadSessionNames(params, context));
  return {std::make_unique<SessionAffinity>()};
}

}  // namespace

extern constinit const sched::PluginSpec kSessionAffinityFilter{
    .type = "session-affinity-filter",
    .doc =
        "Keeps only the endpoint that served this session before, if it can be had; else everyone. "
        "Nothing else then has a say, and there is nobody to retry on: session-affinity-scorer is "
        "the gentler one.",
    .params = kSessionParams,
    .make = Make,
};

}  // namespace fairway::plugins
