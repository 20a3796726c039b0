#pragma once
// A stream whose protocol gives it away (HTTP after a 101), and what was read of it already.

#include <string>

#include "net/stream.h"

namespace fairway::net {

struct RawStream {
  Stream& stream;     // stays its connection's; nothing else of the connection touches it
  std::string ahead;  // bytes that came before the switch and belong behind it
};

}  // namespace fairway::net
