#pragma once
// What a simulated server has seen, so that a test can judge what stood in front of it: /sim/state.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head.h"

namespace fairway::modelsim {

class Engine;

struct ServerState {
  static constexpr size_t kMaxFields = 64;
  static constexpr size_t kMaxValueBytes = 1024;  // longer ones are cut

  uint64_t received = 0;   // chat and text completions
  uint64_t finished = 0;   // answered whole, with 200
  uint64_t refused = 0;    // answered with an error, faults included
  uint64_t cancelled = 0;  // the client went first, or a fault cut the answer
  uint64_t scrapes = 0;    // of /metrics
  // The last completion's head.
  std::string last_target;
  std::vector<std::pair<std::string, std::string>> last_fields;

  void Remember(const http::RequestHead& head);
};

std::string StateJson(const ServerState& state, const Engine& engine, std::string_view model,
                      std::string_view fault);

}  // namespace fairway::modelsim
