// Any bytes, in any cuts: no crash, and the same verdict as in one piece.
#include <cstdint>

#include "base/check.h"
#include "loadgen/response_scanner.h"

using fairway::loadgen::ResponseScanner;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t cut = 1 + data[0] % 61;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  ResponseScanner whole("x-e");
  whole.Feed(bytes);
  ResponseScanner pieces("x-e");
  for (size_t at = 0; at < bytes.size() && pieces.state() == ResponseScanner::State::kMore;
       at += cut) {
    pieces.Feed(bytes.substr(at, cut));
  }
  CHECK(whole.state() == pieces.state());
  CHECK(whole.status() == pieces.status());
  CHECK(whole.events() == pieces.events());
  CHECK(whole.body_bytes() == pieces.body_bytes());
  return 0;
}
