#pragma once
// What is known of every model server of a pool, as JSON: what it serves, its own figures and their
// age, what we have in flight there, its standing.

#include <string>

#include "base/time.h"
#include "data/pool.h"

namespace fairway::admin {

// On the control loop.
std::string RenderEndpoints(const data::Pool& pool, const model::EndpointSet& set,
                            base::TimePoint now);

}  // namespace fairway::admin
