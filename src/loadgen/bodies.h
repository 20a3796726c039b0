#pragma once
// The requests, made before the load begins: one a group, in two parts with a number between them
// that makes each prompt differ after the prefix which its group has in common. Sending one copies
// nothing.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/options.h"

namespace fairway::loadgen {

// As many digits of a number as stand in every body.
using UniqueDigits = std::array<char, 16>;
UniqueDigits DigitsOf(uint64_t number);

struct PreparedRequest {
  std::string before;  // head and the body up to the number
  std::string after;
  size_t body_bytes = 0;
};

// options.groups of them. A body is options.body_bytes long, or as short as it can be.
std::vector<PreparedRequest> PrepareRequests(const LoadOptions& options);

}  // namespace fairway::loadgen
