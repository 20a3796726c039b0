#pragma once
// A whole small request and answer in one await: for scrapes, discovery and tests. Not the proxy's
// path.

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/pool.h"

namespace fairway::http {

struct FetchRequest {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::span<const Field> fields = {};  // content-length is added
  std::string_view body = {};
  std::string_view host = {};           // empty: the address
  std::string_view authorization = {};  // empty: none
};

struct FetchLimits {
  size_t max_bytes = 1024 * 1024;                    // of the answer's body; over: kExhausted
  base::Duration timeout = std::chrono::seconds(5);  // for everything
};

// A value; owns its bytes.
struct FetchedResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  // The value of the first field of that name, or empty.
  std::string_view Find(std::string_view name) const;
};

// One retry on a new connection if a kept one turned out closed. Views in `request` must last until
// it is done. kUnavailable, kTimeout, kExhausted, kInvalid as in client.h; an HTTP error status is
// not a failure.
rt::Task<base::Result<FetchedResponse>> Fetch(Pool& pool, net::Address address,
                                              FetchRequest request, FetchLimits limits = {});

}  // namespace fairway::http
