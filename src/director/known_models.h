#pragma once
// What the members of all pools serve, as a request that names no model, or an unknown one, needs
// it.

#include <span>
#include <string>

#include "director/pools.h"

namespace fairway::director {

// "a, b, c" of what can be asked for; of many, the first ten.
std::string KnownModels(std::span<const PoolState> states);

// The one base model of all pools; null if there are several, or none.
const model::Served* OnlyBaseModel(std::span<const PoolState> states);

// Whether any member has told what it serves.
bool AnythingServed(std::span<const PoolState> states);

}  // namespace fairway::director
