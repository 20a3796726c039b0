#pragma once
// Memory for coroutine frames: a bounded free list a thread and size class, so that the frames of a
// request cost no malloc. Invariant: what a thread keeps is at most kMaxKeptBytes.
// Under AddressSanitizer every frame comes from the allocator, so that a use after free is seen.

#include <cstddef>

namespace fairway::rt {

// The free lists of one thread. Value-initialised; whoever owns one calls Release() at the end.
class FramePool {
 public:
  static constexpr size_t kStep = 64;
  static constexpr size_t kClasses = 64;  // frames above 4 KiB go to the allocator
  static constexpr size_t kMaxKeptBytes = 512 * 1024;

  void* Allocate(size_t size) {
    const size_t index = (size - 1) / kStep;
    if (index < kClasses && free_[index] != nullptr) {
      Block* block = free_[index];
      free_[index] = block->next;
      kept_bytes_ -= (index + 1) * kStep;
      return block;
    }
    return Fresh(size);
  }

  void Free(void* memory, size_t size) {
    const size_t index = (size - 1) / kStep;
    const size_t bytes = (index + 1) * kStep;
    if (index >= kClasses || kept_bytes_ + bytes > kMaxKeptBytes || closed_) {
      Discard(memory);
      return;
    }
    Block* block = static_cast<Block*>(memory);
    block->next = free_[index];
    free_[index] = block;
    kept_bytes_ += bytes;
  }

  // Gives everything back; later frees go straight to the allocator.
  void Release();
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Block {
    Block* next;
  };
  static void* Fresh(size_t size);
  static void Discard(void* memory);

  Block* free_[kClasses] = {};
  size_t kept_bytes_ = 0;
  bool closed_ = false;
};

// From this thread's pool. A frame may be freed on another thread than the one that made it.
void* AllocateFrame(size_t size);
void FreeFrame(void* memory, size_t size);

}  // namespace fairway::rt
