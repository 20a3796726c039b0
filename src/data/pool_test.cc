#include "data/pool.h"

#include <gtest/gtest.h>

namespace fairway::data {
namespace {

using std::chrono::seconds;

EndpointSpec At(uint16_t port) {
  EndpointSpec spec;
  spec.ip = "127.0.0.1";
  spec.port = port;
  return spec;
}

TEST(Pool, KeepsItsPartsInStep) {
  Pool pool("p");
  const base::TimePoint start{seconds(100)};
  const model::EndpointId a = *pool.table.Add(At(1));
  const model::EndpointId b = *pool.table.Add(At(2));
  pool.Publish();
  pool.Report(a, {.waiting = 2, .tokens_total = 10}, start, seconds(1));
  EXPECT_EQ(pool.loads.Read(a, start).waiting, 2);

  // The first reading of a counter is no progress, a change is.
  EXPECT_EQ(pool.health.Read(a, start).last_progress, base::TimePoint{});
  pool.Report(a, {.tokens_total = 11}, start + seconds(1), seconds(1));
  EXPECT_EQ(pool.health.Read(a, start).last_progress, start + seconds(1));

  for (int i = 0; i < 5; ++i) pool.health.Report(b, Outcome::kReset, start);
  EXPECT_EQ(pool.health.StandingOf(b, start), Standing::kEjected);
  pool.table.Remove(b);
  pool.Publish();
  EXPECT_EQ(pool.health.StandingOf(b, start), Standing::kIn);
  EXPECT_FALSE(pool.health.AnyTrouble());
}

struct Diary {
  void Forget(model::EndpointId id) { forgotten.push_back(id); }
  std::vector<model::EndpointId> forgotten;
};

TEST(Pool, WhatWasLearnedOfOneThatLeftOrStartedAnewGoes) {
  Pool pool("p");
  const auto diary = pool.learned.FindOrMake<Diary>("d", [] { return std::make_shared<Diary>(); });
  const base::TimePoint start{seconds(100)};
  const model::EndpointId a = *pool.table.Add(At(1));
  const model::EndpointId b = *pool.table.Add(At(2));
  pool.Publish();
  pool.Report(a, {.tokens_total = 10}, start, seconds(1));
  pool.Report(a, {.tokens_total = 12}, start, seconds(1));
  EXPECT_TRUE(diary->forgotten.empty());
  pool.Report(a, {.tokens_total = 3}, start, seconds(1));
  EXPECT_EQ(diary->forgotten, (std::vector<model::EndpointId>{a}));
  pool.table.Remove(b);
  EXPECT_EQ(diary->forgotten.size(), 1u);
  pool.Publish();
  pool.Publish();
  EXPECT_EQ(diary->forgotten, (std::vector<model::EndpointId>{a, b}));
}

}  // namespace
}  // namespace fairway::data
