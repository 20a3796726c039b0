// Any bytes as a chunked body: whole or split, the decoder finds the same payload and the same end.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/body.h"

namespace {

using fairway::http::BodyDecoder;
using fairway::http::Framing;

struct Decoded {
  BodyDecoder decoder{Framing::kChunked, 0};
  std::string payload;
  size_t consumed = 0;
  void Feed(std::string_view bytes) {
    consumed += decoder.Feed(bytes, [this](std::string_view run) { payload += run; });
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t step = data[0] + size_t{1};
  Decoded whole;
  whole.Feed(bytes);
  Decoded pieces;
  for (size_t at = 0; at < bytes.size(); at += step) pieces.Feed(bytes.substr(at, step));
  CHECK(whole.decoder.state() == pieces.decoder.state());
  CHECK(whole.consumed == pieces.consumed && whole.consumed <= bytes.size());
  CHECK(whole.payload == pieces.payload);
  return 0;
}
