#pragma once
// The parameters that session-affinity-scorer and session-affinity-filter share: where the
// session's token travels. Both ask the process for it; they must agree.

#include <array>

#include "base/status.h"
#include "config/node.h"
#include "sched/plugin.h"

namespace fairway::plugins {

base::Status ReadSessionNames(const config::Node& params, sched::Context& context);

inline constexpr std::array<sched::ParamDoc, 3> kSessionParams{{
    {"strategy", "encoded_endpoint_header",
     "the only one: a signed token that names the endpoint, so that no state is kept"},
    {"encodedEndpointHeaderConfig", "{header: x-session-token}",
     "the header that carries the token, in requests and answers"},
    {"cookie", "",
     "name of a cookie that carries it as well. Off unless named: client libraries keep cookies "
     "for all their requests, and would send all of them to one server"},
}};

}  // namespace fairway::plugins
