#pragma once
// SlotArray<T>: one T for each endpoint slot, at a fixed place, so that workers index it while the
// owner changes other slots. Invariant: every T starts as zero bytes, which must be a valid T, and
// a page nobody wrote takes no memory: a pool of three endpoints costs pages, not megabytes.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/check.h"

namespace fairway::data {

inline constexpr uint32_t kMaxSlots = 4096;  // endpoints of one pool, those just removed included

template <class T>
class SlotArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  SlotArray() {
    void* pages = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(pages != MAP_FAILED);
    cells_ = static_cast<T*>(pages);
  }
  ~SlotArray() { munmap(cells_, kBytes); }
  SlotArray(const SlotArray&) = delete;
  SlotArray& operator=(const SlotArray&) = delete;

  T& operator[](uint32_t slot) {
    DCHECK(slot < kMaxSlots);
    return cells_[slot];
  }
  const T& operator[](uint32_t slot) const {
    DCHECK(slot < kMaxSlots);
    return cells_[slot];
  }

 private:
  static constexpr size_t kBytes = kMaxSlots * sizeof(T);
  T* cells_;
};

}  // namespace fairway::data
