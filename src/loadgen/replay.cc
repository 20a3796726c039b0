#include "loadgen/replay.h"

#include <algorithm>

#include "loadgen/chat.h"

namespace fairway::loadgen {
namespace {

enum Kind : uint64_t { kBlock = 11, kOwn = 12 };

}  // namespace

size_t Replay::body_bytes() const {
  uint64_t tokens = 0;
  for (const TraceRequest& request : trace_->requests) tokens += request.input_tokens;
  return tokens * options_.bytes_per_token / std::max<size_t>(trace_->requests.size(), 1);
}

void Replay::Make(RequestId id, RequestBytes& out) const {
  const TraceRequest& request = trace_->requests[id.session];
  std::string& body = out.body;
  body.clear();
  AppendOpening(options_, std::max(request.output_tokens, 1u), body);
  AppendRole("user", Place::kFirst, body);
  uint32_t left = std::max(request.input_tokens, 1u);
  for (uint32_t i = 0; i < request.block_count; ++i) {
    const uint32_t tokens = std::min(left, Trace::kBlockTokens);
    const uint64_t block = trace_->blocks[request.first_block + i];
    filler_.Append(MixKeys(kBlock, block), size_t{tokens} * options_.bytes_per_token, body);
    left -= tokens;
  }
  filler_.Append(MixKeys(kOwn, id.session), size_t{left} * options_.bytes_per_token, body);
  body.append(kMessageEnd).append(kChatEnd);
  out.head.clear();
  AppendHead(options_, body.size(), out.head);
  out.before = out.head;
  out.digit_count = 0;
  out.after = body;
}

}  // namespace fairway::loadgen
