#include "modelsim/profile.h"

#include <algorithm>
#include <chrono>

namespace fairway::modelsim {

uint32_t Profile::ContextTokens() const {
  const uint64_t in_memory = uint64_t{block_size} * num_gpu_blocks;
  return static_cast<uint32_t>(std::min<uint64_t>(max_model_len, in_memory));
}

Profile DefaultProfile() {
  Profile profile;
  profile.step_base = std::chrono::milliseconds(20);
  profile.step_per_sequence = std::chrono::microseconds(200);
  profile.step_per_1k_kv_tokens = std::chrono::microseconds(50);
  return profile;
}

Profile InstantProfile() {
  Profile profile;
  profile.max_num_seqs = 1024;
  profile.max_num_batched_tokens = 1 << 20;
  profile.max_num_queued_reqs = 65536;
  profile.num_gpu_blocks = 65536;
  profile.max_model_len = 1 << 20;
  profile.enable_prefix_caching = false;
  profile.output_tokens_min = profile.output_tokens_max = 64;
  profile.prefill_tokens_per_s = 0;
  return profile;
}

}  // namespace fairway::modelsim
