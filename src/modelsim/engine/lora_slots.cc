#include "modelsim/engine/lora_slots.h"

#include <algorithm>

#include "base/check.h"

namespace fairway::modelsim {

uint32_t LoraSlots::Use(std::span<const AdapterId> adapters) {
  CHECK(adapters.size() <= slots_);
  uint32_t missing = 0;
  for (const AdapterId adapter : adapters) {
    const auto found = std::ranges::find(loaded_, adapter);
    if (found == loaded_.end()) {
      ++missing;
    } else {
      loaded_.erase(found);
    }
    loaded_.push_back(adapter);
  }
  // What this step uses is at the back, so what goes is none of it.
  if (loaded_.size() > slots_) {
    loaded_.erase(loaded_.begin(), loaded_.end() - static_cast<ptrdiff_t>(slots_));
  }
  return missing;
}

void LoraSlots::Forget(AdapterId adapter) { std::erase(loaded_, adapter); }

}  // namespace fairway::modelsim
