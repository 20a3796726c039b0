#include "modelsim/fault_desk.h"

#include <gtest/gtest.h>

#include <chrono>

#include "rt/sim_loop.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

class FaultDeskTest : public testing::Test {
 protected:
  bool On(FaultMode mode) const { return desk_.Active(mode) != nullptr; }

  rt::SimLoop loop_;
  int changes_ = 0;
  FaultDesk desk_{loop_, [this] { ++changes_; }};
};

TEST_F(FaultDeskTest, FaultsBeginAndEnd) {
  ASSERT_TRUE(desk_.Add({.mode = FaultMode::kHang, .from = 2s, .lasts = 3s}).ok());
  ASSERT_TRUE(desk_.Add({.mode = FaultMode::kSlow}).ok());
  EXPECT_FALSE(On(FaultMode::kHang));
  EXPECT_TRUE(On(FaultMode::kSlow));
  EXPECT_EQ(desk_.ActiveName(), "slow");
  loop_.RunFor(2s);
  EXPECT_TRUE(On(FaultMode::kHang));
  loop_.RunFor(2999ms);
  EXPECT_TRUE(On(FaultMode::kHang));
  EXPECT_EQ(changes_, 2);
  loop_.RunFor(1ms);
  EXPECT_FALSE(On(FaultMode::kHang));
  EXPECT_TRUE(On(FaultMode::kSlow)) << "it lasts until it is cleared";
  EXPECT_EQ(changes_, 3);
  desk_.Clear();
  EXPECT_EQ(desk_.ActiveName(), "none");
  EXPECT_EQ(desk_.Json(), "[]");
}

TEST_F(FaultDeskTest, HitsItsShareAndAlwaysTheSame) {
  ASSERT_TRUE(desk_.Add({.mode = FaultMode::kError, .probability = 0.25}).ok());
  int hit = 0;
  for (uint64_t draw = 0; draw < 4000; ++draw) {
    const bool first = desk_.Hits(FaultMode::kError, draw) != nullptr;
    EXPECT_EQ(desk_.Hits(FaultMode::kError, draw) != nullptr, first);
    hit += first ? 1 : 0;
  }
  EXPECT_NEAR(hit, 1000, 100);
  EXPECT_EQ(desk_.Hits(FaultMode::kClose, 1), nullptr);
}

TEST_F(FaultDeskTest, NeverAndAlwaysAreJustThat) {
  ASSERT_TRUE(desk_.Add({.mode = FaultMode::kError, .probability = 0}).ok());
  ASSERT_TRUE(desk_.Add({.mode = FaultMode::kClose, .probability = 1}).ok());
  for (uint64_t draw = 0; draw < 1000; ++draw) {
    EXPECT_EQ(desk_.Hits(FaultMode::kError, draw), nullptr);
    EXPECT_NE(desk_.Hits(FaultMode::kClose, draw), nullptr);
  }
}

TEST_F(FaultDeskTest, IsBounded) {
  for (size_t i = 0; i < FaultDesk::kMaxFaults; ++i) {
    ASSERT_TRUE(desk_.Add({.mode = FaultMode::kSlow, .lasts = 1s}).ok());
  }
  EXPECT_EQ(desk_.Add({.mode = FaultMode::kSlow}).code(), base::Code::kExhausted);
  loop_.RunFor(1s);
  EXPECT_TRUE(desk_.Add({.mode = FaultMode::kSlow}).ok()) << "the others are over";
}

}  // namespace
}  // namespace fairway::modelsim
