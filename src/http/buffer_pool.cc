#include "http/buffer_pool.h"

#include <bit>
#include <cstdlib>

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
  for (std::vector<char*>& list : free_) {
    for (char* data : list) std::free(data);
  }
}

Buffer BufferPool::Take(size_t bytes) {
  size_t size = std::bit_ceil(bytes < kSmallest ? kSmallest : bytes);
  if (size > kLargestKept) size = bytes;  // powers of two would waste too much up there
  outstanding_ += size;
  if (size <= kLargestKept) {
    std::vector<char*>& list = free_[std::countr_zero(size / kSmallest)];
    if (!list.empty()) {
      char* data = list.back();
      list.pop_back();
      cached_ -= size;
      return Buffer(*this, data, size);
    }
  }
  return Buffer(*this, Allocate(size), size);
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
  if (scratch_.empty()) scratch_.resize(kScratchBytes);
  return scratch_;
}

}  // namespace fairway::http
