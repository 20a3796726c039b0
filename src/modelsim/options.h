#pragma once
// What a simulated server is told at its beginning.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "modelsim/engine/story.h"

namespace fairway::modelsim {

// Whose API, metrics page and manners it has.
enum class EngineKind : unsigned char { kVllm, kSglang, kTrtllm, kTriton };

// How much of the real metrics page there is.
enum class MetricsDetail : unsigned char { kLean, kFull };

struct ModelServerOptions {
  std::string model = "llama-3.1-8b";
  // LoRA adapters, served under their own names. With some, a Profile::max_loras of 0 means all.
  std::vector<std::string> adapters = {};
  EngineKind engine = EngineKind::kVllm;
  MetricsDetail metrics = MetricsDetail::kLean;
  std::shared_ptr<const Story> story = {};  // shared by many servers; null: one of its own
  size_t max_body_bytes = 32 * 1024 * 1024;
  size_t connections = 10'000;
  base::Duration idle_timeout = std::chrono::seconds(5);  // of keep-alive; uvicorn's own default
};

}  // namespace fairway::modelsim
