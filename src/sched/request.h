#pragma once
// What a scheduler may know of one request. A value for the time of one decision: its views point
// into the request that is being decided.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"
#include "model/endpoint.h"

namespace fairway::sched {

struct Request {
  base::TimePoint now{};
  // What the client asks for, after rewrites. Empty: any endpoint will do.
  std::string_view model;
  // Set when what is asked for is a LoRA adapter; then candidates must serve it, and `model` is its
  // base model if known. One that nobody lists is sent to where its base model is served and there
  // is room to load it.
  std::string_view adapter;
  // Chained hashes of the prompt's blocks (prefix/block_hash.h), first to last, and how many tokens
  // one block stands for.
  std::span<const uint64_t> prefix_blocks;
  uint32_t block_tokens = 64;
  uint32_t prompt_tokens = 0;           // estimate
  uint32_t expected_output_tokens = 0;  // 0: unknown
  int32_t priority = 0;                 // greater first
  // Where the session of this request was served before; not valid: no session.
  model::EndpointId session;

  std::string_view served_name() const { return adapter.empty() ? model : adapter; }
};

// Prompt tokens left to compute where `cached_blocks` of the prompt are cached. The contract's
// formula (inflight-load-producer): max(0, total - match) x block + max(0, input - total x block).
inline float UncachedTokens(const Request& request, float cached_blocks) {
  const auto total = static_cast<float>(request.prefix_blocks.size());
  const auto block = static_cast<float>(request.block_tokens);
  const auto input = static_cast<float>(request.prompt_tokens);
  if (total == 0) return input;
  return std::max(0.0f, total - cached_blocks) * block + std::max(0.0f, input - total * block);
}

}  // namespace fairway::sched
