#pragma once
// SimPath: how the way to a simulated address behaves, both directions. Value. A test or a scenario
// sets it on the SimWorld; connections made later have it.

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace fairway::net {

enum class SimReach : unsigned char {
  kOpen,
  kRefused,  // as if nobody listened: RST
  kSilent,   // no answer at all: a connect waits for ever
};

struct SimPath {
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  SimReach reach = SimReach::kOpen;
  base::Duration latency = std::chrono::microseconds(50);  // one way
  size_t window = 64 * 1024;      // bytes sent and not yet read, a direction
  uint64_t bytes_per_second = 0;  // a direction; 0: as fast as the latency lets it
  size_t max_move = 256 * 1024;   // one TryRead or TryWrite moves no more
  uint64_t reset_after = kNever;  // the connection breaks when the listening side has sent so many
};

}  // namespace fairway::net
