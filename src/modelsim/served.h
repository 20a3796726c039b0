#pragma once
// The names under which a server answers: its model, and the LoRA adapters that it has been given,
// with what of them goes into every answer and every block hash. Bounded: at most kMaxAdapters.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modelsim/engine/lora_slots.h"

namespace fairway::modelsim {

struct Served {
  std::string name;
  std::string json;        // the name as a JSON string
  uint64_t hash_root = 0;  // parent of its prompts' first KV blocks
  AdapterId adapter = 0;   // 0: the model itself
};

class ServedModels {
 public:
  static constexpr size_t kMaxAdapters = 1024;
  using Pointer = std::shared_ptr<const Served>;  // requests keep what was unloaded under them

  ServedModels(std::string_view model, std::span<const std::string> adapters);

  const Served& model() const { return *served_.front(); }
  // The model comes first, then the adapters in order of loading.
  std::span<const Pointer> all() const { return served_; }
  // Null if there is none. The empty name is the model's.
  Pointer Find(std::string_view name) const;

  // False if the name is taken, or there are too many.
  bool Load(std::string_view adapter);
  // What was unloaded; null if there was no such adapter.
  Pointer Unload(std::string_view adapter);

  // The adapters' names, sorted and joined by commas; unloaded ones are left out.
  std::string NamesOf(std::span<const AdapterId> adapters) const;

 private:
  void Add(std::string_view name, uint64_t hash_root);

  std::vector<Pointer> served_;
  AdapterId last_ = 0;
};

}  // namespace fairway::modelsim
