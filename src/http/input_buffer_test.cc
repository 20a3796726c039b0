#include "http/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace fairway::http {
namespace {

TEST(InputBufferTest, HoldsMemoryOnlyWhileThereAreBytes) {
  BufferPool pool;
  InputBuffer buffer(pool);
  EXPECT_EQ(pool.outstanding_bytes(), 0u);
  buffer.Append("hello");
  EXPECT_EQ(buffer.capacity(), 1024u);
  buffer.Consume(5);
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(pool.outstanding_bytes(), 0u);
  EXPECT_EQ(pool.cached_bytes(), 1024u);
}

TEST(InputBufferTest, AppendConsumeAgainstAString) {
  BufferPool pool;
  InputBuffer buffer(pool);
  std::string model;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(static_cast<size_t>(i % 97), static_cast<char>('a' + i % 26));
    buffer.Append(piece);
    model += piece;
    const size_t gone = std::min<size_t>(model.size(), static_cast<size_t>(i * 7 % 90));
    buffer.Consume(gone);
    model.erase(0, gone);
    ASSERT_EQ(buffer.bytes(), model);
  }
}

TEST(InputBufferTest, PaddingIsReadable) {
  BufferPool pool;
  InputBuffer buffer(pool);
  for (const size_t size : {1u, 959u, 960u, 961u, 4000u, 65536u, 100000u}) {
    buffer.Append(std::string(size, 'x'));
    volatile char sink = 0;
    for (size_t i = 0; i < InputBuffer::kPadding; ++i) sink = *(buffer.bytes().end() + i);
    (void)sink;
    EXPECT_GE(buffer.capacity(), buffer.size() + InputBuffer::kPadding);
    buffer.Clear();
  }
}

TEST(InputBufferTest, SpaceAndCommit) {
  BufferPool pool;
  InputBuffer buffer(pool);
  buffer.Append("ab");
  const std::span<char> space = buffer.Space(3000);
  ASSERT_GE(space.size(), 3000u);
  std::memcpy(space.data(), "cde", 3);
  buffer.Commit(3);
  EXPECT_EQ(buffer.bytes(), "abcde");
  InputBuffer other(pool);
  other.Swap(buffer);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(other.bytes(), "abcde");
}

TEST(BufferPoolTest, UsesMemoryAgainUpToItsLimit) {
  BufferPool pool(4096);
  {
    const Buffer a = pool.Take(2000);
    const Buffer b = pool.Take(2000);
    const Buffer c = pool.Take(2000);
    EXPECT_EQ(a.size(), 2048u);
    EXPECT_EQ(pool.outstanding_bytes(), 3 * 2048u);
  }
  EXPECT_EQ(pool.cached_bytes(), 4096u);
  const Buffer again = pool.Take(1025);
  EXPECT_EQ(pool.cached_bytes(), 2048u);
}

TEST(BufferPoolTest, LargeOnesAreNotKept) {
  BufferPool pool;
  { const Buffer large = pool.Take(100'000); }
  EXPECT_EQ(pool.cached_bytes(), 0u);
  EXPECT_EQ(pool.outstanding_bytes(), 0u);
}

TEST(BufferPoolTest, ScratchCanBeKept) {
  BufferPool pool;
  const std::span<char> first = pool.Scratch();
  EXPECT_EQ(pool.Scratch().data(), first.data()) << "the same until it is taken";
  EXPECT_EQ(pool.outstanding_bytes(), 0u);
  first[0] = 'a';
  {
    const Buffer kept = pool.TakeScratch();
    EXPECT_EQ(kept.data(), first.data());
    EXPECT_EQ(kept.size(), first.size());
    EXPECT_EQ(pool.outstanding_bytes(), first.size());
    EXPECT_NE(pool.Scratch().data(), kept.data());
    pool.Scratch()[0] = 'b';
    EXPECT_EQ(kept.data()[0], 'a');
  }
  EXPECT_EQ(pool.outstanding_bytes(), 0u);
}

}  // namespace
}  // namespace fairway::http
