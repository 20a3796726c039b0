#pragma once
// The LoRA adapters that are in GPU memory: at most so many, and the least recently used gives its
// slot to the next. An engine step can use the adapters of all its sequences only if each has a
// slot, so a step has at most as many adapters as there are slots.

#include <cstdint>
#include <span>
#include <vector>

namespace fairway::modelsim {

// 0 is the base model, which needs no slot.
using AdapterId = uint32_t;

class LoraSlots {
 public:
  explicit LoraSlots(uint32_t slots) : slots_(slots) {}

  // The adapters of one step: distinct, at most slots(). Loads what is missing, and says how many
  // that were.
  uint32_t Use(std::span<const AdapterId> adapters);
  // The adapter is no longer served; its slot is free.
  void Forget(AdapterId adapter);

  uint32_t slots() const { return slots_; }
  // Least recently used first.
  std::span<const AdapterId> loaded() const { return loaded_; }

 private:
  uint32_t slots_;
  std::vector<AdapterId> loaded_;
};

}  // namespace fairway::modelsim
