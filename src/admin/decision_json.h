#pragma once
// A decision record as JSON, for people and for tools. The shape is documented in
// docs/reference/admin.md.

#include "data/endpoint_table.h"
#include "director/record.h"
#include "json/writer.h"

namespace fairway::admin {

// `names` is read on its owner's thread: the control loop.
void WriteDecision(const director::DecisionRecord& record, const data::EndpointTable& names,
                   json::Writer& to);

// "2026-11-21T05:57:41.123Z"
std::string Timestamp(base::WallTime at);

}  // namespace fairway::admin
