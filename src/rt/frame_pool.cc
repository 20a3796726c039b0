#include "rt/frame_pool.h"

#include <new>

namespace fairway::rt {

void* FramePool::Fresh(size_t size) {
  // Rounded up to its class, so that any later frame of the class fits.
  return ::operator new((size + kStep - 1) / kStep * kStep);
}

void FramePool::Discard(void* memory) { ::operator delete(memory); }

void FramePool::Release() {
  closed_ = true;
  for (Block*& head : free_) {
    while (head != nullptr) {
      Block* next = head->next;
      Discard(head);
      head = next;
    }
  }
  kept_bytes_ = 0;
}

#ifdef __SANITIZE_ADDRESS__

void* AllocateFrame(size_t size) { return ::operator new(size); }
void FreeFrame(void* memory, size_t) { ::operator delete(memory); }

#else

namespace {

// Plain storage, so that reaching it needs no initialisation check; the guard beside it, touched
// when a thread first frees a frame, empties it when the thread ends.
constinit thread_local FramePool pool;

struct ReleaseAtThreadEnd {
  bool armed = true;
  ~ReleaseAtThreadEnd() { pool.Release(); }
};
thread_local ReleaseAtThreadEnd guard;

}  // namespace

void* AllocateFrame(size_t size) { return pool.Allocate(size); }

void FreeFrame(void* memory, size_t size) {
  if (pool.kept_bytes() == 0) [[unlikely]]
    guard.armed = true;
  pool.Free(memory, size);
}

#endif

}  // namespace fairway::rt
