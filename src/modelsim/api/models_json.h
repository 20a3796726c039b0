#pragma once
// GET /v1/models.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "modelsim/served.h"

namespace fairway::modelsim {

// The first of `served` is the model, the parent of the others. `created` is in seconds since the
// epoch.
std::string ModelsJson(std::span<const ServedModels::Pointer> served, std::string_view owner,
                       uint32_t max_model_len, int64_t created);

}  // namespace fairway::modelsim
