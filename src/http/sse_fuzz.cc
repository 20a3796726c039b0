// Any bytes as an event stream: whole or split, the scanner sees the same events and skips the
// same.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "http/sse.h"

namespace {

using fairway::http::SseEvent;
using fairway::http::SseScanner;

struct Scanned {
  SseScanner scanner{64};
  std::vector<std::string> events;
  void Feed(std::string_view bytes) {
    const std::string own(bytes);  // gone after this: no view may stay
    scanner.Feed(own, [this](const SseEvent& event) {
      events.push_back(std::string(event.type) + "|" + std::string(event.data));
    });
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t step = data[0] % 64 + size_t{1};
  Scanned whole;
  whole.Feed(bytes);
  Scanned pieces;
  for (size_t at = 0; at < bytes.size(); at += step) pieces.Feed(bytes.substr(at, step));
  CHECK(whole.events == pieces.events);
  CHECK(whole.scanner.skipped() == pieces.scanner.skipped());
  return 0;
}
