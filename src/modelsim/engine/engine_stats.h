#pragma once
// What an engine has counted since it began: the numbers behind its /metrics page.

#include <array>
#include <cstdint>

#include "modelsim/engine/histogram.h"

namespace fairway::modelsim {

// Upper bounds in seconds (tokens for kStepTokenBounds), those of vLLM 0.32's own histograms.
inline constexpr std::array<double, 22> kFirstTokenBounds = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25, 0.5,   0.75,
    1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80.0, 160., 640.0, 2560.0};
inline constexpr std::array<double, 19> kInterTokenBounds = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,  0.3,  0.4, 0.5,
    0.75, 1.0,   2.5,  5.0,   7.5, 10.0, 20.0, 40.0, 80.0};
inline constexpr std::array<double, 21> kRequestBounds = {
    0.3,  0.5,  0.8,  1.0,  1.5,   2.0,   2.5,   5.0,   10.0,   15.0,  20.0,
    30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};
inline constexpr std::array<double, 13> kStepTokenBounds = {1,   8,    16,   32,   64,   128,  256,
                                                            512, 1024, 2048, 4096, 8192, 16384};

inline constexpr std::array<double, 16> kRequestTokenBounds = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5};
inline constexpr std::array<double, 5> kParamsNBounds = {1, 2, 5, 10, 20};
inline constexpr std::array<double, 7> kPreemptionBounds = {1, 2, 3, 4, 5, 10, 20};

struct EngineStats {
  uint64_t prompt_tokens = 0;
  uint64_t generation_tokens = 0;
  uint64_t prefix_queries = 0;  // tokens looked for
  uint64_t prefix_hits = 0;     // tokens found
  uint64_t preemptions = 0;
  uint64_t finished_stop = 0;
  uint64_t finished_length = 0;
  uint64_t cancelled = 0;
  uint64_t rejected = 0;       // queue full
  uint64_t adapter_loads = 0;  // into a LoRA slot
  Histogram first_token{kFirstTokenBounds};
  Histogram inter_token{kInterTokenBounds};
  Histogram request{kRequestBounds};
  Histogram queue{kRequestBounds};
  Histogram step_tokens{kStepTokenBounds};
  // Of whole requests, once they have ended.
  Histogram inference{kRequestBounds};  // from the first step on
  Histogram prefill{kRequestBounds};
  Histogram decode{kRequestBounds};
  Histogram token_of_request{kInterTokenBounds};  // mean time of one but the first
  Histogram request_prompt{kRequestTokenBounds};
  Histogram request_generation{kRequestTokenBounds};
  Histogram request_computed{kRequestTokenBounds};  // of the prompt, not cached
  Histogram request_preemptions{kPreemptionBounds};
  Histogram params_n{kParamsNBounds};
};

}  // namespace fairway::modelsim
