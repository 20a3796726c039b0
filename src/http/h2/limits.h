#pragma once
// What an HTTP/2 peer may make us hold or do. Values; named in ServerOptions and PoolOptions.

#include <cstddef>
#include <cstdint>

namespace fairway::http {

// Of something that is granted `burst` times at once and `per_second` times in the long run.
struct H2Rate {
  uint32_t burst = 0;
  uint32_t per_second = 0;
};

struct H2Limits {
  uint32_t streams = 256;                    // that the peer may have open at once
  uint32_t stream_window = 256 * 1024;       // bytes of one body that nobody read yet
  uint32_t connection_window = 1024 * 1024;  // of all bodies together
  // Streams that the peer opens and breaks off, or breaks the rules on (CVE-2023-44487).
  H2Rate resets = {.burst = 500, .per_second = 50};
  // Frames that bring nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, CONTINUATION, empty DATA.
  // Each DATA frame that we send allows kH2FramesPerData more. Frames of unknown types are skipped
  // at the cost of their bytes.
  H2Rate frames = {.burst = 1000, .per_second = 200};
};

// A client that reads on acknowledges every few kilobytes with WINDOW_UPDATE, for stream and
// connection.
inline constexpr uint32_t kH2FramesPerData = 8;

}  // namespace fairway::http
