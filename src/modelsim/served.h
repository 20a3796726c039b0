#pragma once
// The names under which a server answers: its model, then its adapters, with what of them goes into
// every answer and every block hash.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairway::modelsim {

struct Served {
  std::string name;
  std::string json;        // the name as a JSON string
  uint64_t hash_root = 0;  // parent of its prompts' first KV blocks
  bool adapter = false;
};

// The model comes first.
std::vector<Served> ServedOf(std::string_view model, std::span<const std::string> adapters);

}  // namespace fairway::modelsim
