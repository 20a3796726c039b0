#pragma once
// What is known of every model server of every pool, as JSON: what it serves, its own figures and
// their age, what we have in flight there, its standing.

#include <span>
#include <string>

#include "base/time.h"
#include "data/pool.h"

namespace fairway::admin {

// On the control loop.
std::string RenderEndpoints(std::span<const data::Pool* const> pools, base::TimePoint now);

}  // namespace fairway::admin
