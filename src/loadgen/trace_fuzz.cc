// Any file: no crash; what it gives is sorted, and its blocks are within bounds.
#include <cstdint>

#include "base/check.h"
#include "loadgen/trace.h"

using fairway::loadgen::Trace;
using fairway::loadgen::TraceRequest;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto trace = fairway::loadgen::ParseTrace({reinterpret_cast<const char*>(data), size});
  if (!trace.ok()) return 0;
  CHECK(!trace->requests.empty());
  fairway::base::Duration last{};
  for (const TraceRequest& request : trace->requests) {
    CHECK(request.at >= last);
    last = request.at;
    CHECK(request.first_block + request.block_count <= trace->blocks.size());
    CHECK(uint64_t{request.block_count} * Trace::kBlockTokens <
          uint64_t{request.input_tokens} + Trace::kBlockTokens);
  }
  return 0;
}
