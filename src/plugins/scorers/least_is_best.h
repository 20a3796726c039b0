#pragma once
// The contract's way to score a count where less is better: (most - x) / (most - least) among the
// candidates, and 1 for all when they are equal.

#include <algorithm>
#include <span>

#include "sched/lanes.h"

namespace fairway::plugins {

inline void ScoreLeastIsBest(std::span<const float> counts, std::span<float> out) {
  if (counts.empty()) return;
  const sched::Range range = sched::RangeOf(counts);
  if (range.least == range.most) return std::fill(out.begin(), out.end(), 1.0f);
  const float scale = 1.0f / (range.most - range.least);
  sched::OverLanes(counts.size(), [&](auto at) {
    at.Store(out, (at.Fill(range.most) - at.Load(counts)) * at.Fill(scale));
  });
}

}  // namespace fairway::plugins
