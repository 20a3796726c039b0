#pragma once
// Bytes that came and are not consumed yet, contiguous. Memory is taken when bytes come and handed
// back when none are left, so an idle connection holds none. 64 readable bytes always lie behind
// the last one, as simdjson wants. Grows to a limit. Appending may move the bytes; who keeps views
// does not append.

#include <cstddef>
#include <span>
#include <string_view>

#include "http/buffer_pool.h"

namespace fairway::http {

class InputBuffer {
 public:
  static constexpr size_t kPadding = 64;

  explicit InputBuffer(BufferPool& pool) : pool_(&pool) {}
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  std::string_view bytes() const { return {memory_.data() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Copies bytes in behind those that are there.
  void Append(std::string_view bytes);
  // Room behind the bytes for a read of at least `bytes`; Commit what came.
  std::span<char> Space(size_t bytes);
  void Commit(size_t bytes);
  // Drops bytes from the front; the memory goes back once all are gone.
  void Consume(size_t bytes);
  void Clear();
  // Both of the same pool.
  void Swap(InputBuffer& other);
  // Bytes of memory held.
  size_t capacity() const { return memory_.size(); }

 private:
  void Reserve(size_t more);

  BufferPool* pool_;
  Buffer memory_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace fairway::http
