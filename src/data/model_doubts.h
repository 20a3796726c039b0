#pragma once
// ModelDoubts: endpoints that said "no such model" to a request for one that they had listed: what
// they serve must be asked again. Workers raise them, the model discovery takes them. Any thread.

#include <atomic>
#include <cstdint>

#include "data/slots.h"
#include "model/endpoint.h"

namespace fairway::data {

class ModelDoubts final {
 public:
  void Raise(model::EndpointId id) {
    raised_[id.slot].store(id.generation, std::memory_order_relaxed);
  }
  // Whether one was raised since the last call.
  bool Take(model::EndpointId id) {
    std::atomic<uint32_t>& cell = raised_[id.slot];
    if (cell.load(std::memory_order_relaxed) != id.generation) return false;
    cell.store(0, std::memory_order_relaxed);
    return true;
  }

 private:
  SlotArray<std::atomic<uint32_t>> raised_;  // the generation, or 0
};

}  // namespace fairway::data
