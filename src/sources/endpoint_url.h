#pragma once
// The URL of a model server as a user writes it: http://host:port[/prefix], https:// or
// h2c://.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace fairway::sources {

// kH2c: HTTP/2 without TLS, by prior knowledge.
enum class Scheme : unsigned char { kHttp, kHttps, kH2c };

// Value.
struct EndpointUrl {
  std::string host;  // a name, or a literal address without brackets
  uint16_t port = 80;
  std::string prefix;  // "" or "/vllm", without a slash at its end
  Scheme scheme = Scheme::kHttp;

  // What a host field says: "gpu-1.example:8001", "[::1]:8001"; a scheme's own port is left out.
  std::string Authority() const;
  friend bool operator==(const EndpointUrl&, const EndpointUrl&) = default;
};

// kInvalid, with what is wrong and what to write instead.
base::Result<EndpointUrl> ParseEndpointUrl(std::string_view text);

}  // namespace fairway::sources
