#include "http/buffer_pool.h"

#include <bit>
#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace fairway::http {
namespace {

char* Allocate(size_t size) {
  char* data = static_cast<char*>(std::malloc(size));
  CHECK(data != nullptr);
  return data;
}

}  // namespace

void Buffer::Release() {
  if (data_ == nullptr) return;
  pool_->Return(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

BufferPool::~BufferPool() {
  CHECK(outstanding_ == 0);
  std::free(scratch_);
  for (std::vector<char*>& list : free_) {
    for (char* data : list) std::free(data);
  }
}

// `size` is a power of two of at least kSmallest, or above kLargestKept.
char* BufferPool::Obtain(size_t size) {
  if (size > kLargestKept) return Allocate(size);
  std::vector<char*>& list = free_[std::countr_zero(size / kSmallest)];
  if (list.empty()) return Allocate(size);
  char* data = list.back();
  list.pop_back();
  cached_ -= size;
  return data;
}

Buffer BufferPool::Take(size_t bytes) {
  size_t size = std::bit_ceil(bytes < kSmallest ? kSmallest : bytes);
  if (size > kLargestKept) size = bytes;  // powers of two would waste too much up there
  outstanding_ += size;
  return Buffer(*this, Obtain(size), size);
}

void BufferPool::Return(char* data, size_t size) {
  CHECK(outstanding_ >= size);
  outstanding_ -= size;
  if (size > kLargestKept || cached_ + size > max_cached_) {
    std::free(data);
    return;
  }
  free_[std::countr_zero(size / kSmallest)].push_back(data);
  cached_ += size;
}

std::span<char> BufferPool::Scratch() {
  if (scratch_ == nullptr) scratch_ = Obtain(kScratchBytes);
  return {scratch_, kScratchBytes};
}

Buffer BufferPool::TakeScratch() {
  CHECK(scratch_ != nullptr);
  outstanding_ += kScratchBytes;
  return Buffer(*this, std::exchange(scratch_, nullptr), kScratchBytes);
}

}  // namespace fairway::http
