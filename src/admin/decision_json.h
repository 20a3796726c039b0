#pragma once
// A decision record as JSON, for people and for tools. The shape is documented in
// docs/reference/admin.md.

#include <span>
#include <string>

#include "data/pool.h"
#include "director/record.h"
#include "json/writer.h"

namespace fairway::admin {

// `pools` give the endpoints' names. On the control loop, the owner of their tables.
void WriteDecision(const director::DecisionRecord& record, std::span<const data::Pool* const> pools,
                   json::Writer& to);

// "2026-11-21T05:57:41.123Z"
std::string Timestamp(base::WallTime at);

}  // namespace fairway::admin
