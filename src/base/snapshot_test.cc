#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <thread>

namespace fairway::base {
namespace {

TEST(Snapshot, ReaderSeesTheNewestAndKeepsWhatItHolds) {
  Snapshot<int> cell(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader(cell);
  const std::shared_ptr<const int> old = reader.Shared();
  cell.Publish(std::make_shared<const int>(2));
  EXPECT_EQ(reader.Get(), 2);
  EXPECT_EQ(*old, 1);
}

TEST(Snapshot, ReadersOnOtherThreadsNeverGoBack) {
  Snapshot<int> cell(std::make_shared<const int>(0));
  std::thread watcher([&] {
    Snapshot<int>::Reader reader(cell);
    for (int last = 0; last < 1000;) {
      const int now = reader.Get();
      ASSERT_GE(now, last);
      last = now;
    }
  });
  for (int i = 1; i <= 1000; ++i) cell.Publish(std::make_shared<const int>(i));
  watcher.join();
}

}  // namespace
}  // namespace fairway::base
