#include "sources/engines.h"

#include <algorithm>
#include <utility>

namespace fairway::sources {

using data::EngineMapping;
using data::SeriesName;

// Names from the Inference Extension's model server protocol (proposal 003) and the engines' own
// documents. Only what the engine itself documents as such is mapped: plain Triton's executions are
// a counter, so they show that it works, not how much it does at the moment.
std::vector<EngineMapping> BuiltInEngines() {
  const SeriesName kv_blocks{"nv_trt_llm_kv_cache_block_metrics", {}};
  const auto of_kind = [](std::string family, std::string label, std::string value) {
    return SeriesName{std::move(family), {{std::move(label), std::move(value)}}};
  };
  EngineMapping vllm{.name = "vllm",
                     .queued = {"vllm:num_requests_waiting", {}},
                     .running = {"vllm:num_requests_running", {}},
                     .kv_usage = {"vllm:kv_cache_usage_perc", {}},
                     .older_kv_usage = {"vllm:gpu_cache_usage_perc", {}},  // before 0.10
                     .lora = {"vllm:lora_requests_info", {}},
                     .cache_info = {"vllm:cache_config_info", {}},
                     .block_size_label = "block_size",
                     .num_blocks_label = "num_gpu_blocks"};
  vllm.tokens = {{"vllm:prompt_tokens_total", {}}, {"vllm:generation_tokens_total", {}}};
  EngineMapping sglang{.name = "sglang",
                       .queued = {"sglang:num_queue_reqs", {}},
                       .running = {"sglang:num_running_reqs", {}},
                       .kv_usage = {"sglang:token_usage", {}},
                       .cache_info = {"sglang:cache_config_info", {}},
                       .block_size_label = "page_size",
                       .num_blocks_label = "num_pages"};
  sglang.tokens = {{"sglang:prompt_tokens_total", {}}, {"sglang:generation_tokens_total", {}}};
  EngineMapping trtllm{.name = "trtllm-serve",
                       .queued = {"trtllm_num_requests_waiting", {}},
                       .running = {"trtllm_num_requests_running", {}},
                       .kv_usage = {"trtllm_kv_cache_utilization", {}},
                       .block_size = {"trtllm_kv_cache_tokens_per_block", {}},
                       .num_blocks = {"trtllm_kv_cache_max_blocks", {}}};
  trtllm.tokens = {{"trtllm_request_success_total", {}}};
  EngineMapping triton_llm{
      .name = "triton-tensorrt-llm",
      .queued = of_kind("nv_trt_llm_request_metrics", "request_type", "waiting"),
      .running = of_kind("nv_trt_llm_request_metrics", "request_type", "scheduled"),
      .kv_usage = of_kind(kv_blocks.family, "kv_cache_block_type", "fraction"),
      .block_size = of_kind(kv_blocks.family, "kv_cache_block_type", "tokens_per"),
      .num_blocks = of_kind(kv_blocks.family, "kv_cache_block_type", "max")};
  triton_llm.tokens = {{"nv_inference_exec_count", {}}};
  EngineMapping triton{.name = "triton", .queued = {"nv_inference_pending_request_count", {}}};
  triton.tokens = {{"nv_inference_exec_count", {}}};
  return {std::move(vllm), std::move(sglang), std::move(trtllm), std::move(triton_llm),
          std::move(triton)};
}

Engine::Engine(EngineMapping mapping) : mapping_(std::move(mapping)) {
  Add(Figure::kQueued, mapping_.queued);
  Add(Figure::kRunning, mapping_.running);
  Add(Figure::kKvUsage, mapping_.kv_usage);
  Add(Figure::kOlderKvUsage, mapping_.older_kv_usage);
  Add(Figure::kLora, mapping_.lora);
  Add(Figure::kCacheInfo, mapping_.cache_info);
  Add(Figure::kBlockSize, mapping_.block_size);
  Add(Figure::kNumBlocks, mapping_.num_blocks);
  for (const SeriesName& counter : mapping_.tokens) Add(Figure::kTokens, counter);
  if (!families_.empty()) wanted_.emplace(families_);
}

void Engine::Add(Figure figure, const SeriesName& series) {
  if (series.empty()) return;
  auto known = std::ranges::find(families_, series.family);
  if (known == families_.end()) {
    if (families_.size() == WantedFamilies::kMax) return;
    families_.emplace_back(series.family);
    uses_.emplace_back();
    known = families_.end() - 1;
  }
  uses_[static_cast<size_t>(known - families_.begin())].push_back({figure, &series});
}

Engines::Engines(std::span<const EngineMapping> more) {
  std::vector<EngineMapping> all = BuiltInEngines();
  // What an operator writes is tried first, in the order written.
  size_t front = 0;
  for (const EngineMapping& mapping : more) {
    std::erase_if(all, [&](const EngineMapping& one) { return one.name == mapping.name; });
    all.insert(all.begin() + static_cast<ptrdiff_t>(front++), mapping);
  }
  for (EngineMapping& mapping : all)
    engines_.push_back(std::make_unique<const Engine>(std::move(mapping)));
}

std::optional<size_t> Engines::Find(std::string_view name) const {
  for (size_t i = 0; i < engines_.size(); ++i) {
    if (engines_[i]->mapping().name == name) return i;
  }
  return std::nullopt;
}

}  // namespace fairway::sources
