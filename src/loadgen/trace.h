#pragma once
// Request traces: when requests came, how long prompt and answer were, and which blocks of the
// prompt were equal to another's. Two published formats, told apart by their first line:
//
//   Mooncake (kvcache-ai/Mooncake, FAST'25): JSON lines with timestamp (ms), input_length,
//     output_length (tokens), hash_ids: one id a 512-token block, equal ids for equal prefixes
//   Azure LLM inference (Azure/AzurePublicDataset, 2023 and 2024): CSV with TIMESTAMP (a date and
//     time of day), ContextTokens, GeneratedTokens; nothing is shared
//
// kInvalid names the line. Times are from the first request on, ascending.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace fairway::loadgen {

struct TraceRequest {
  base::Duration at{};
  uint32_t input_tokens = 0;
  uint32_t output_tokens = 0;
  size_t first_block = 0;  // in Trace::blocks
  uint32_t block_count = 0;
};

struct Trace {
  static constexpr uint32_t kBlockTokens = 512;
  static constexpr size_t kMaxFileBytes = size_t{1} << 30;
  static constexpr uint32_t kMaxTokens = 4u << 20;  // of one prompt or answer

  std::vector<TraceRequest> requests;
  std::vector<uint64_t> blocks;  // ids, one request's after the other
};

base::Result<Trace> ParseTrace(std::string_view text);
// kNotFound, kExhausted for a file over kMaxFileBytes, or what ParseTrace says.
base::Result<Trace> ReadTrace(const std::string& file);

// Leaves out requests whose prompt and answer are together longer than a server takes. Returns how
// many those were.
size_t LeaveOutLonger(Trace& trace, uint64_t tokens);

}  // namespace fairway::loadgen
