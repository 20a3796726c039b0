#include "modelsim/profile_library.h"

#include <algorithm>
#include <array>

namespace fairway::modelsim {
namespace {

constexpr std::string_view kDefault =
    R"yaml(
# Roughly a small GPU, in round numbers of no particular one. Every key is here.
max_num_seqs: 64              # sequences in one step
max_num_batched_tokens: 2048  # tokens in one step, prompts and answers together
max_num_queued_reqs: 1024     # waiting sequences; one more is answered 503
block_size: 16                # tokens a KV block
num_gpu_blocks: 4096          # KV blocks
max_model_len: 32768          # tokens of prompt and answer together
enable_prefix_caching: true   # reuse whole KV blocks of equal prefixes
scheduling_policy: fcfs       # or priority: by the request's priority, the lower the sooner
max_loras: 0                  # LoRA adapters in one step
lora_load_time: 0s            # what a step takes longer that first uses an adapter
output_tokens_min: 48         # the length of an answer without max_tokens:
output_tokens_max: 80         # uniform in [min, max]
prefill_tokens_per_s: 8000    # 0: prompts cost nothing
step_base: 20ms               # a step costs this,
step_per_sequence: 200us      # this for each sequence in it,
step_per_1k_kv_tokens: 50us   # and this for 1000 tokens of their KV
metrics_page_bytes: 0         # /metrics is filled up to this
seed: 1                       # of the text and of the drawn lengths
)yaml";

constexpr std::string_view kInstant =
    R"yaml(
# No delays and no prefix hashing: the cheapest server behind a benchmark of something else.
max_num_seqs: 1024
max_num_batched_tokens: 1048576
max_num_queued_reqs: 65536
num_gpu_blocks: 65536
max_model_len: 1048576
enable_prefix_caching: false
output_tokens_min: 64
output_tokens_max: 64
prefill_tokens_per_s: 0
step_base: 0s
step_per_sequence: 0s
step_per_1k_kv_tokens: 0s
)yaml";

constexpr std::string_view kH100Llama8b = R"yaml(
# One H100 SXM 80 GB, Llama 3.1 8B, bf16, vLLM.
# Sources
#  [sheet] NVIDIA H100 SXM data sheet: 3.35 TB/s, 989 TFLOPS dense bf16, 80 GB (81559 MiB =
#    85.5e9 bytes in nvidia-smi).
#  [card]  Llama 3.1 8B: 8.03e9 parameters = 16.06e9 bytes; 32 layers x 8 KV heads x 128 x 2 (K,
#    V) x 2 bytes = 131072 bytes of KV a token.
#  [yobitel] yobitelcomm.github.io/bench/recipes/concurrency-sweep, vLLM 0.21, one H100,
#    measured: time per output token 6.48 ms at 1 request, 6.59 ms at 4.
#  [blis]  github.com/inference-sim/inference-sim, defaults.yaml, H100 TP1 vLLM 0.8.4, fitted: a
#    step is 5.75 ms + 17.3 us a prefilled token + 6.0 us a decoding sequence.
# [yobitel] less one sequence; 75 % of [sheet]'s bandwidth for [card]'s weights
step_base: 6400us
step_per_sequence: 6us        # [blis]
step_per_1k_kv_tokens: 52us   # derived: 131072 x 1000 bytes at the same 75 % of 3.35 TB/s
# derived: 989e12 x 0.47 / (2 x 8.03e9) operations a token. 0.47 is what [blis] fits for 70B on
# four H100; its fit for 8B, 58000, would be 94 % of the peak
prefill_tokens_per_s: 29000
# derived: (85.5e9 x 0.9 - 16.06e9 - 3e9 for activations) / (16 x 131072). [blis] has 29205,
# without activations
num_gpu_blocks: 27600
block_size: 16                # vLLM's default on CUDA
max_num_batched_tokens: 8192  # vLLM's default for a server on a GPU of 70 GiB or more
max_num_seqs: 1024            # likewise
max_num_queued_reqs: 16384    # vLLM has no limit; this is ours
max_model_len: 131072         # [card]
# derived: rank 16 on every linear layer is 42e6 parameters = 84e6 bytes, host to device at 12
# GB/s (pageable memory over PCIe 5; assumed)
lora_load_time: 7ms
output_tokens_min: 64         # ours
output_tokens_max: 384
)yaml";

constexpr std::string_view kH100x4Llama70b =
    R"yaml(
# Four H100 SXM 80 GB (tensor parallel), Llama 3.1 or 3.3 70B, bf16, vLLM.
# Sources
#  [sheet] NVIDIA H100 SXM data sheet, as in h100-llama-3.1-8b.
#  [card]  Llama 3.1 70B: 70.6e9 parameters = 141.2e9 bytes; 80 layers x 8 KV heads x 128 x 2 x
#    2 = 327680 bytes of KV a token.
#  [blis]  github.com/inference-sim/inference-sim, defaults.yaml, llama-3.3-70b H100 TP4 vLLM
#    0.8.4, fitted: a step is 12.6 ms + 76.4 us a prefilled token + 66.8 us a decoding sequence.
step_base: 12600us            # [blis]; 84 % of the bandwidth of [sheet]
step_per_sequence: 67us       # [blis]
step_per_1k_kv_tokens: 29us   # derived: 327680 x 1000 bytes at 84 % of 4 x 3.35 TB/s
prefill_tokens_per_s: 13100   # [blis]: 1 / 76.4 us; 47 % of the peak
num_gpu_blocks: 29500         # derived: (4 x (85.5e9 x 0.9 - 3e9) - 141.2e9) / (16 x 327680)
block_size: 16
max_num_batched_tokens: 8192  # vLLM's default for a server on a GPU of 70 GiB or more
max_num_seqs: 1024
max_num_queued_reqs: 16384    # ours
max_model_len: 131072
# derived: rank 16 on every linear layer is 207e6 parameters = 414e6 bytes, a quarter to each
# GPU at 12 GB/s (assumed)
lora_load_time: 9ms
output_tokens_min: 64         # ours
output_tokens_max: 384
)yaml";

constexpr std::string_view kA100Llama8b = R"yaml(
# One A100 SXM 80 GB, Llama 3.1 8B, bf16, vLLM.
# Sources
#  [sheet] NVIDIA A100 data sheet: 2.039 TB/s (80 GB SXM), 1.555 TB/s (40 GB), 312 TFLOPS dense
#    bf16; 81920 MiB = 85.9e9 bytes.
#  [card]  As in h100-llama-3.1-8b.
#  [sweep] johnmusgrave.com/p/vllm-throughput-latency-sweep-on, vLLM 0.23, A100 40 GB, measured:
#    about 75 tokens/s for one request, 77 % of the bandwidth.
#  [blis]  github.com/inference-sim/inference-sim, defaults.yaml, A100-80 TP1, fitted: 18.2 us a
#    decoding sequence. Its base (16.4 ms) and prefill (47.8 us, above the peak) are not used.
step_base: 10200us            # derived: [sweep]'s 13.3 ms x 1.555 / 2.039
step_per_sequence: 18us       # [blis]
step_per_1k_kv_tokens: 83us   # derived: 131072 x 1000 bytes at 77 % of 2.039 TB/s
# derived: 312e12 x 0.47 / (2 x 8.03e9), 0.47 as in h100-llama-3.1-8b
prefill_tokens_per_s: 9100
num_gpu_blocks: 27700         # derived: (85.9e9 x 0.9 - 16.06e9 - 3e9) / (16 x 131072)
block_size: 16
max_num_batched_tokens: 2048  # vLLM's default for a server on an A100
max_num_seqs: 256             # likewise
max_num_queued_reqs: 16384    # ours
max_model_len: 131072
lora_load_time: 7ms           # as in h100-llama-3.1-8b
output_tokens_min: 64         # ours
output_tokens_max: 384
)yaml";

constexpr std::string_view kL4Llama8b =
    R"yaml(
# One L4 24 GB, Llama 3.1 8B, bf16, vLLM. All of it is derived: no measurement of this pair was
# found.
# Sources
#  [sheet] NVIDIA L4 data sheet: 300 GB/s, 121 TFLOPS dense bf16, 24 GB (23034 MiB = 24.15e9
#    bytes).
#  [card]  As in h100-llama-3.1-8b.
# derived: 16.06e9 bytes at 76 % of 300 GB/s, the share that the A100 and H100 reach
step_base: 70ms
step_per_sequence: 49us       # derived: the H100's 6 us x 989 / 121
step_per_1k_kv_tokens: 575us  # derived: 131072 x 1000 bytes at 76 % of 300 GB/s
# derived: 121e12 x 0.47 / (2 x 8.03e9), 0.47 as in h100-llama-3.1-8b
prefill_tokens_per_s: 3500
# derived: (24.15e9 x 0.9 - 16.06e9 - 2e9) / (16 x 131072): 28000 tokens
num_gpu_blocks: 1750
block_size: 16
max_num_batched_tokens: 2048  # vLLM's default for a server on a GPU below 70 GiB
max_num_seqs: 256             # likewise
max_num_queued_reqs: 16384    # ours
max_model_len: 16384          # what one would set: the KV cache holds little more
lora_load_time: 7ms           # as in h100-llama-3.1-8b
output_tokens_min: 64         # ours
output_tokens_max: 384
)yaml";

// A raw string begins with a line end.
constexpr std::array<LibraryProfile, 6> kLibrary = {{
    {"default", kDefault.substr(1)},
    {"instant", kInstant.substr(1)},
    {"h100-llama-3.1-8b", kH100Llama8b.substr(1)},
    {"h100x4-llama-3.1-70b", kH100x4Llama70b.substr(1)},
    {"a100-llama-3.1-8b", kA100Llama8b.substr(1)},
    {"l4-llama-3.1-8b", kL4Llama8b.substr(1)},
}};

}  // namespace

std::span<const LibraryProfile> ProfileLibrary() { return kLibrary; }

std::optional<std::string_view> LibraryYaml(std::string_view name) {
  const auto found = std::ranges::find(kLibrary, name, &LibraryProfile::name);
  if (found == kLibrary.end()) return std::nullopt;
  return found->yaml;
}

}  // namespace fairway::modelsim
