#pragma once
// What a Server can be told, and what it counts. Values.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "http/h2/limits.h"
#include "http/head_parser.h"

namespace fairway::http {

struct ServerOptions {
  HeadLimits head;
  size_t connections = 10'000;          // more are closed at once, counted
  size_t pipelined_bytes = 64 * 1024;   // read ahead while a handler runs; then the client waits
  size_t discarded_bytes = 256 * 1024;  // of a body nobody asked for, to keep the connection
  base::Duration head_timeout = std::chrono::seconds(10);        // first byte to whole head
  base::Duration idle_timeout = std::chrono::seconds(75);        // between requests
  base::Duration body_timeout = std::chrono::seconds(30);        // without a byte of the body
  base::Duration whole_body_timeout = std::chrono::minutes(10);  // with its head
  base::Duration write_timeout = std::chrono::seconds(60);  // without a byte taken by the client
  H2Limits h2;
  std::string server_name = "fairway";  // the `server` field of own answers
};

struct ServerCounters {
  uint64_t accepted = 0;
  uint64_t refused = 0;    // over `connections`
  uint64_t requests = 0;   // heads handed to the handler
  uint64_t malformed = 0;  // answered here with 4xx, 5xx
  uint64_t timeouts = 0;
  size_t open = 0;            // connections now
  size_t active = 0;          // of them with a handler running
  size_t buffered_bytes = 0;  // memory that connections hold for bytes received
};

}  // namespace fairway::http
