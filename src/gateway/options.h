#pragma once
// The limits and habits of the embedded gateway. A value; every default is shown by `serve --help`.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"

namespace fairway::gateway {

enum class EndpointHeader : unsigned char { kShow, kHide };

struct Options {
  size_t body_bytes = 32 * 1024 * 1024;  // of a request; more is 413
  size_t offload_bytes = 1024 * 1024;    // bodies above are scanned off the loop
  size_t unary_hold_bytes = 256 * 1024;  // of a unary answer, held to see whether it was aborted
  size_t stream_hold_bytes = 64 * 1024;  // of a stream, held until its first content
  base::Duration first_byte{0};          // of the answer's body; zero: no limit
  base::Duration idle = std::chrono::seconds(120);       // between bytes of a stream
  base::Duration tunnel_idle = std::chrono::minutes(5);  // of an upgraded connection, both ways
  base::Duration total = std::chrono::hours(1);
  EndpointHeader endpoint_header = EndpointHeader::kShow;
  std::string upstream_authorization;  // sent where a client sends none; a secret
  // Paths that are passed although servers are controlled by them (gateway/control_paths.h).
  std::vector<std::string> pass_paths;
};

}  // namespace fairway::gateway
