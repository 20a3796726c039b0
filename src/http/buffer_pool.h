#pragma once
// Memory for connections, one pool a loop: buffers in powers of two that are handed back and used
// again, so that the steady state allocates nothing and an idle connection holds nothing. Cached
// memory is bounded.

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace fairway::http {

class BufferPool;

// Owns a piece of memory from a pool; goes back when destroyed. May be empty. The pool outlives it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() { Release(); }

  char* data() const { return data_; }
  size_t size() const { return size_; }
  void Release();

 private:
  friend class BufferPool;
  Buffer(BufferPool& pool, char* data, size_t size) : pool_(&pool), data_(data), size_(size) {}
  BufferPool* pool_ = nullptr;
  char* data_ = nullptr;
  size_t size_ = 0;
};

class BufferPool {
 public:
  static constexpr size_t kSmallest = 1024;
  static constexpr size_t kLargestKept = 64 * 1024;  // larger ones go straight to the allocator
  static constexpr size_t kScratchBytes = kLargestKept;

  explicit BufferPool(size_t max_cached_bytes = 4 * 1024 * 1024) : max_cached_(max_cached_bytes) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  // At least `bytes` long.
  Buffer Take(size_t bytes);
  // Where a read may land before it is known how much to keep. Good until the caller's next await;
  // shared by everyone on the loop.
  std::span<char> Scratch();
  // The memory of the last Scratch() with what was read into it, to keep; the next Scratch() is
  // another.
  Buffer TakeScratch();

  size_t cached_bytes() const { return cached_; }
  size_t outstanding_bytes() const { return outstanding_; }

 private:
  friend class Buffer;
  static constexpr size_t kClasses = 7;  // 1 KiB to 64 KiB
  char* Obtain(size_t size);
  void Return(char* data, size_t size);

  size_t max_cached_;
  size_t cached_ = 0;
  size_t outstanding_ = 0;
  std::array<std::vector<char*>, kClasses> free_;
  char* scratch_ = nullptr;
};

}  // namespace fairway::http
