#pragma once
// What a Pool of client connections can be told, and what it counts. Values.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "http/h2/limits.h"
#include "http/head_parser.h"

namespace fairway::http {

struct PoolOptions {
  HeadLimits head;
  size_t idle_per_address = 256;
  // vLLM (uvicorn) closes an idle connection after 5 s: be sooner than the server.
  base::Duration idle_expiry = std::chrono::seconds(4);
  base::Duration connect_timeout = std::chrono::seconds(2);
  base::Duration write_timeout = std::chrono::seconds(30);  // without a byte taken by the server
  H2Limits h2 = {.streams = 0};   // of what a server may make us hold; it opens no streams
  size_t h2_streams = 100;        // a connection, or fewer if the server says so
  size_t h2_connections = 32;     // an address; then requests wait for a stream
  size_t read_bytes = 16 * 1024;  // a read of a body; four times as much while reads come full
};

struct PoolCounters {
  uint64_t opened = 0;   // connections begun
  uint64_t reused = 0;   // requests that found an idle one
  uint64_t expired = 0;  // idle ones closed by us
  uint64_t lost = 0;     // idle ones closed by the server
  size_t idle = 0;
  size_t leased = 0;
};

}  // namespace fairway::http
