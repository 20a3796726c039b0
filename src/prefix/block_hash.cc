#include "prefix/block_hash.h"

#include <xxhash.h>
#if defined(__x86_64__)
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
#endif

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace fairway::prefix {
namespace {

// Order matters: Mix(a, b) != Mix(b, a). Two multiply-shift rounds after Moremur's manner spread
// every input bit over the result, so that a table may take any bits of it.
uint64_t Mix(uint64_t parent, uint64_t hash) {
  uint64_t x = parent * 0x9e3779b97f4a7c15 + hash;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

// With AVX2 or AVX-512 where the processor has it: the library finds out with the first call. The
// bits are the same everywhere.
uint64_t HashOf(std::string_view text) {
#if defined(__x86_64__)
  return XXH3_64bits_dispatch(text.data(), text.size());
#else
  return XXH3_64bits(text.data(), text.size());
#endif
}

}  // namespace

uint64_t RootHash(std::string_view model, std::string_view adapter, std::string_view cache_salt) {
  // Hashed one by one, so that no text moves from one into the next.
  return Mix(Mix(HashOf(model), HashOf(adapter)), HashOf(cache_salt));
}

BlockHasher::BlockHasher(uint64_t root, std::span<uint64_t> into, size_t block_bytes)
    : parent_(root), into_(into), block_bytes_(block_bytes) {
  CHECK(block_bytes >= 16 && block_bytes <= kMaxBlockBytes);
}

void BlockHasher::Add(unsigned char separator, std::string_view piece) {
  DCHECK(separator < 32 && separator != '\t' && separator != '\n' && separator != '\r');
  const char byte = static_cast<char>(separator);
  Append(&byte, 1);
  Append(piece.data(), piece.size());
}

void BlockHasher::Append(const char* bytes, size_t size) {
  while (size > 0 && written_ < into_.size()) {
    if (held_ == 0 && size >= block_bytes_) {  // a whole block lies in place
      Close(bytes, block_bytes_);
      bytes += block_bytes_;
      size -= block_bytes_;
      continue;
    }
    const size_t taken = std::min(block_bytes_ - held_, size);
    std::memcpy(held_bytes_.data() + held_, bytes, taken);
    held_ += taken;
    bytes += taken;
    size -= taken;
    if (held_ == block_bytes_) {
      Close(held_bytes_.data(), held_);
      held_ = 0;
    }
  }
}

void BlockHasher::Close(const char* block, size_t size) {
  parent_ = Mix(parent_, HashOf({block, size}));
  into_[written_++] = parent_;
}

size_t BlockHasher::Finish() {
  if (held_ > 0 && written_ < into_.size()) Close(held_bytes_.data(), held_);
  held_ = 0;
  return written_;
}

}  // namespace fairway::prefix
