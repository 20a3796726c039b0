#pragma once
// Requests for text: from a body to sequences in the engine, and from their tokens to an answer.

#include "modelsim/core.h"

namespace fairway::modelsim {

rt::Task<Outcome> Generate(ServerCore& core, http::Exchange& exchange, Api api);

}  // namespace fairway::modelsim
