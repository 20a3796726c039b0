#pragma once
// How far the prefix index reaches. Slots are the rows of the endpoint table (data module): one an
// endpoint.

#include <cstdint>

namespace fairway::prefix {

inline constexpr uint32_t kMaxSlots = 4096;

}  // namespace fairway::prefix
