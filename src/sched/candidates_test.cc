#include "sched/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"

namespace fairway::sched {
namespace {

std::vector<model::Endpoint> Endpoints(uint32_t count) {
  std::vector<model::Endpoint> endpoints(count);
  for (uint32_t i = 0; i < count; ++i) endpoints[i].id = {i * 3, i + 1};
  return endpoints;
}

void Fill(const std::vector<model::Endpoint>& endpoints, Candidates& candidates) {
  candidates.Clear();
  for (const model::Endpoint& endpoint : endpoints) candidates.Add(endpoint);
  candidates.Seal();
  for (size_t i = 0; i < endpoints.size(); ++i) {
    candidates.mutable_waiting()[i] = static_cast<float>(i);
    candidates.mutable_cached_blocks()[i] = static_cast<float>(100 + i);
    candidates.mutable_unknown()[i] = static_cast<uint8_t>(i % 7);
  }
}

TEST(Candidates, KeepMovesWholeRows) {
  const std::vector<model::Endpoint> endpoints = Endpoints(5);
  Candidates candidates;
  Fill(endpoints, candidates);
  candidates.Keep(std::vector<uint8_t>{1, 0, 1, 0, 1}, kByEjection);
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_EQ(candidates.dropped(), 2u);
  EXPECT_EQ(candidates.endpoints()[1], &endpoints[2]);
  EXPECT_EQ(candidates.ids()[2], endpoints[4].id);
  EXPECT_EQ(candidates.waiting()[2], 4);
  EXPECT_EQ(candidates.cached_blocks()[1], 102);
  EXPECT_EQ(candidates.id_at(3), endpoints[1].id);
  EXPECT_EQ(candidates.dropped_by(3), kByEjection);
  EXPECT_EQ(candidates.dropped_by(0), kNotDropped);
  candidates.Keep(std::vector<uint8_t>{0, 1, 1}, kByFilter);
  EXPECT_EQ(candidates.ids()[0], endpoints[2].id);
  EXPECT_EQ(candidates.dropped_by(2), kByFilter);
  EXPECT_EQ(candidates.dropped_by(3), kByEjection);
  EXPECT_EQ(candidates.at(Candidates::kWaiting, 2), 0);
}

TEST(Candidates, StartOverWithMoreAndWithFewer) {
  Candidates candidates;
  Fill(Endpoints(3), candidates);
  candidates.Keep(std::vector<uint8_t>{0, 0, 0}, kByFilter);
  EXPECT_EQ(candidates.size(), 0u);
  for (const uint32_t count : {200u, 1u, 50u, 0u}) {
    const std::vector<model::Endpoint> endpoints = Endpoints(count);
    Candidates fresh;
    candidates.Clear();
    for (const model::Endpoint& endpoint : endpoints) candidates.Add(endpoint);
    candidates.Seal();
    EXPECT_EQ(candidates.size(), count);
    EXPECT_EQ(candidates.dropped(), 0u);
    for (const float blocks : candidates.cached_blocks()) EXPECT_EQ(blocks, 0);
    for (const uint8_t unknown : candidates.unknown()) EXPECT_EQ(unknown, 0);
    EXPECT_EQ(candidates.SlotScratch().size(), count == 0 ? 0 : (count - 1) * 3 + 1);
  }
}

TEST(Candidates, RandomKeepsLoseNobodyAndMixNoRows) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    base::Rng rng(seed);
    const uint32_t count = rng.Below(60);
    const std::vector<model::Endpoint> endpoints = Endpoints(count);
    Candidates candidates;
    Fill(endpoints, candidates);
    for (DroppedBy by = 1; by < 6; ++by) {
      std::vector<uint8_t> marks(candidates.size());
      for (uint8_t& mark : marks) mark = static_cast<uint8_t>(rng.Below(4) != 0);
      const size_t kept = static_cast<size_t>(std::count(marks.begin(), marks.end(), 1));
      candidates.Keep(marks, by);
      ASSERT_EQ(candidates.size(), kept);
    }
    std::vector<bool> seen(count);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = candidates.id_at(i).slot / 3;
      EXPECT_FALSE(seen[row]);
      seen[row] = true;
      EXPECT_EQ(candidates.at(Candidates::kWaiting, i), static_cast<float>(row));
      EXPECT_EQ(candidates.unknown_at(i), row % 7);
      EXPECT_EQ(candidates.dropped_by(i) == kNotDropped, i < candidates.size());
    }
    EXPECT_TRUE(std::is_sorted(candidates.ids().begin(), candidates.ids().end()));
  }
}

}  // namespace
}  // namespace fairway::sched
