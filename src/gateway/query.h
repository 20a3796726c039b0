#pragma once
// What a gateway reads of a request's query. Pure functions.

#include <string>
#include <string_view>

#include "base/status.h"

namespace fairway::gateway {

// The value of `name`, decoded (%41, '+' for a blank); empty if it is not there. kInvalid if it
// stands there twice, which two readers could take differently, or is not decodable.
base::Result<std::string> QueryValue(std::string_view query, std::string_view name);

}  // namespace fairway::gateway
