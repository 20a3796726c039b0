#include "modelsim/engine/lora_slots.h"

#include <gtest/gtest.h>

#include <array>

namespace fairway::modelsim {
namespace {

using Adapters = std::vector<AdapterId>;

Adapters Loaded(const LoraSlots& slots) { return {slots.loaded().begin(), slots.loaded().end()}; }

TEST(LoraSlots, LoadsWhatIsMissingOnce) {
  LoraSlots slots(3);
  EXPECT_EQ(slots.Use(Adapters{1, 2}), 2u);
  EXPECT_EQ(slots.Use(Adapters{2, 1}), 0u);
  EXPECT_EQ(slots.Use(Adapters{3}), 1u);
  EXPECT_EQ(slots.Use({}), 0u);
  EXPECT_EQ(Loaded(slots), (Adapters{2, 1, 3}));
}

TEST(LoraSlots, TheLeastRecentlyUsedGivesWay) {
  LoraSlots slots(2);
  slots.Use(Adapters{1});
  slots.Use(Adapters{2});
  slots.Use(Adapters{1});
  EXPECT_EQ(slots.Use(Adapters{3}), 1u);
  EXPECT_EQ(Loaded(slots), (Adapters{1, 3}));
  EXPECT_EQ(slots.Use(Adapters{2, 1}), 1u) << "1 was used with 2, so 3 went";
  EXPECT_EQ(Loaded(slots), (Adapters{2, 1}));
}

TEST(LoraSlots, AForgottenAdapterFreesItsSlot) {
  LoraSlots slots(2);
  slots.Use(Adapters{1, 2});
  slots.Forget(1);
  slots.Forget(7);
  EXPECT_EQ(Loaded(slots), (Adapters{2}));
  EXPECT_EQ(slots.Use(Adapters{1}), 1u);
}

}  // namespace
}  // namespace fairway::modelsim
