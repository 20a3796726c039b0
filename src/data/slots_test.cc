#include "data/slots.h"

#include <gtest/gtest.h>

namespace fairway::data {
namespace {

TEST(SlotArray, StartsAsZeroAndHolds) {
  struct Cell {
    uint64_t a;
    uint64_t b;
  };
  SlotArray<Cell> cells;
  EXPECT_EQ(cells[0].a, 0u);
  EXPECT_EQ(cells[kMaxSlots - 1].b, 0u);
  cells[kMaxSlots - 1].b = 7;
  EXPECT_EQ(cells[kMaxSlots - 1].b, 7u);
  EXPECT_EQ(cells[kMaxSlots - 2].b, 0u);
}

}  // namespace
}  // namespace fairway::data
