#pragma once
// What a simulated model server is capable of: sizes of its batch, queue and KV cache, and what a
// step of its engine costs. A value. Invariant: what ParseProfile gives is within the ranges of its
// fields.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace fairway::modelsim {

// Who is first among those that wait, and last to be preempted.
enum class SchedulingPolicy : unsigned char {
  kFcfs,      // whoever came first; a request that names a priority is refused, as vLLM does
  kPriority,  // the lower `priority` of the request, then whoever came first
};

// One key of a profile file a field, with the same names (docs/guides/simulated-servers.md).
struct Profile {
  uint32_t max_num_seqs = 64;              // sequences in one step
  uint32_t max_num_batched_tokens = 2048;  // tokens in one step, prompts and answers together
  uint32_t max_num_queued_reqs = 1024;     // waiting sequences; one more is answered 503
  uint32_t block_size = 16;                // tokens a KV block
  uint32_t num_gpu_blocks = 4096;          // KV blocks
  uint32_t max_model_len = 32768;          // tokens of prompt and answer together
  bool enable_prefix_caching = true;       // reuse whole KV blocks of equal prefixes
  uint32_t output_tokens_min = 48;         // the answer's length where the request has no
  uint32_t output_tokens_max = 80;         //   max_tokens: uniform in [min, max]
  double prefill_tokens_per_s = 8000;      // 0: prompts cost nothing
  base::Duration step_base{};              // a step costs this ("20ms" in a file),
  base::Duration step_per_sequence{};      // this for each sequence in it,
  base::Duration step_per_1k_kv_tokens{};  // and this for 1000 tokens of their KV
  uint32_t metrics_page_bytes = 0;         // /metrics is filled up to this; real pages are 52-72 KB
  SchedulingPolicy scheduling_policy = SchedulingPolicy::kFcfs;
  uint32_t max_loras = 0;           // adapters in one step; 0: none are served
  base::Duration lora_load_time{};  // a step that first uses an adapter takes longer by this
  uint64_t seed = 1;                // of the text and of the drawn lengths

  // Steps take no time: requests are answered whole, in the turn they arrive.
  bool Instant() const {
    return prefill_tokens_per_s == 0 && step_base.count() == 0 && step_per_sequence.count() == 0 &&
           step_per_1k_kv_tokens.count() == 0 && lora_load_time.count() == 0;
  }
  // What prompt and answer of one request may take together: the KV cache must hold it alone.
  uint32_t ContextTokens() const;

  bool operator==(const Profile&) const = default;
};

// Roughly a small GPU: 20 ms a step, more with the batch and its KV.
Profile DefaultProfile();
// No delays and no prefix hashing: the cheapest server behind a benchmark of something else.
Profile InstantProfile();

// A profile file's text: any of the keys, the others as in DefaultProfile(). kInvalid for an
// unknown key, a wrong type or a value out of range, with `file` and the line.
base::Result<Profile> ParseProfile(std::string_view yaml, std::string file);

// A profile of the library (modelsim/profile_library.h), or the path of a profile file. kNotFound
// if there is neither.
base::Result<Profile> LoadProfile(const std::string& name);

}  // namespace fairway::modelsim
