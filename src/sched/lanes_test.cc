#include "sched/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"

namespace fairway::sched {
namespace {

std::vector<float> Random(base::Rng& rng, size_t count) {
  std::vector<float> column(count);
  for (float& value : column) value = static_cast<float>(rng.Unit() * 100 - 20);
  return column;
}

TEST(Lanes, SameBitsAsOneByOne) {
  base::Rng rng(1);
  for (size_t count = 0; count < 40; ++count) {
    const std::vector<float> in = Random(rng, count);
    std::vector<float> out(count);
    OverLanes(count, [&](auto at) {
      at.Store(out,
               Most(Least(at.Load(in) * at.Fill(0.3f), at.Fill(7)), at.Fill(0)) + at.Fill(0.1f));
    });
    for (size_t i = 0; i < count; ++i) {
      const float one = std::max(std::min(in[i] * 0.3f, 7.0f), 0.0f) + 0.1f;
      EXPECT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(one)) << count;
    }
  }
}

TEST(Lanes, ANanGivesTheOther) {
  const std::vector<float> in(7, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> out(7);
  OverLanes(7, [&](auto at) { at.Store(out, Most(at.Load(in), at.Fill(0))); });
  EXPECT_EQ(out, std::vector<float>(7, 0.0f));
}

TEST(Lanes, RangeOf) {
  base::Rng rng(2);
  for (size_t count = 1; count < 50; ++count) {
    const std::vector<float> in = Random(rng, count);
    const Range range = RangeOf(in);
    EXPECT_EQ(range.least, *std::min_element(in.begin(), in.end()));
    EXPECT_EQ(range.most, *std::max_element(in.begin(), in.end()));
  }
}

}  // namespace
}  // namespace fairway::sched
