#pragma once
// The URL of a model server as a user writes it: http://host:port[/prefix].

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace fairway::sources {

// Value.
struct EndpointUrl {
  std::string host;  // a name, or a literal address without brackets
  uint16_t port = 80;
  std::string prefix;  // "" or "/vllm", without a slash at its end
  friend bool operator==(const EndpointUrl&, const EndpointUrl&) = default;
};

// kInvalid, with what is wrong and what to write instead.
base::Result<EndpointUrl> ParseEndpointUrl(std::string_view text);

}  // namespace fairway::sources
