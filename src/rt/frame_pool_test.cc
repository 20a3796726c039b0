#include "rt/frame_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace fairway::rt {
namespace {

TEST(FramePool, GivesTheSameMemoryToTheSameClass) {
  FramePool pool;
  void* first = pool.Allocate(100);
  std::memset(first, 1, 100);
  pool.Free(first, 100);
  EXPECT_EQ(pool.kept_bytes(), 128u);
  void* second = pool.Allocate(128);  // the end of the class of 100
  EXPECT_EQ(second, first);
  std::memset(second, 2, 128);
  EXPECT_EQ(pool.kept_bytes(), 0u);
  pool.Free(second, 128);
  void* other = pool.Allocate(129);
  EXPECT_NE(other, first);
  pool.Free(other, 129);
  pool.Release();
}

TEST(FramePool, KeepsNoMoreThanItsLimit) {
  FramePool pool;
  std::vector<void*> frames;
  for (int i = 0; i < 2000; ++i) frames.push_back(pool.Allocate(1000));
  for (void* frame : frames) {
    pool.Free(frame, 1000);
    ASSERT_LE(pool.kept_bytes(), FramePool::kMaxKeptBytes);
  }
  EXPECT_GT(pool.kept_bytes(), FramePool::kMaxKeptBytes / 2);
  pool.Release();
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(FramePool, LargeFramesAreNotKept) {
  FramePool pool;
  void* large = pool.Allocate(FramePool::kStep * FramePool::kClasses + 1);
  pool.Free(large, FramePool::kStep * FramePool::kClasses + 1);
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(FramePool, AfterReleaseNothingIsKept) {
  FramePool pool;
  pool.Release();
  pool.Free(pool.Allocate(64), 64);
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(FramePool, AFrameMayEndOnAnotherThread) {
  void* frame = AllocateFrame(200);
  std::thread([frame] { FreeFrame(frame, 200); }).join();
}

}  // namespace
}  // namespace fairway::rt
