#include "http/input_buffer.h"

#include <cstring>
#include <utility>

#include "base/check.h"

namespace fairway::http {

void InputBuffer::Reserve(size_t more) {
  const size_t held = size();
  if (end_ + more + kPadding <= memory_.size()) return;
  if (held + more + kPadding > memory_.size()) {
    Buffer larger = pool_->Take(held + more + kPadding);
    if (held > 0) std::memcpy(larger.data(), memory_.data() + begin_, held);
    memory_ = std::move(larger);
  } else if (held > 0) {
    std::memmove(memory_.data(), memory_.data() + begin_, held);
  }
  begin_ = 0;
  end_ = held;
}

void InputBuffer::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  Reserve(bytes.size());
  std::memcpy(memory_.data() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

std::span<char> InputBuffer::Space(size_t bytes) {
  Reserve(bytes);
  return {memory_.data() + end_, memory_.size() - end_ - kPadding};
}

void InputBuffer::Commit(size_t bytes) {
  CHECK(end_ + bytes + kPadding <= memory_.size());
  end_ += bytes;
  if (empty()) Clear();
}

void InputBuffer::Consume(size_t bytes) {
  CHECK(bytes <= size());
  begin_ += bytes;
  if (empty()) Clear();
}

void InputBuffer::Clear() {
  memory_.Release();
  begin_ = end_ = 0;
}

void InputBuffer::Swap(InputBuffer& other) {
  CHECK(pool_ == other.pool_);
  std::swap(memory_, other.memory_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
}

}  // namespace fairway::http
