#pragma once
// What OpenSSL's per-thread error queue says, as a Status. Private to crypto.

#include <string_view>

#include "base/status.h"

namespace fairway::crypto {

// Empties the queue; its oldest entry is the cause. `what` goes in front: "reading the key: ...".
base::Status TakeOpenSslError(base::Code code, std::string_view what);

}  // namespace fairway::crypto
