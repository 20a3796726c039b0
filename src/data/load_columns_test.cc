#include "data/load_columns.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace fairway::data {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::TimePoint kStart{seconds(1000)};
constexpr model::EndpointId kId{5, 2};

TEST(LoadColumns, NothingIsKnownBeforeTheFirstReport) {
  const LoadColumns loads;
  const Load load = loads.Read(kId, kStart);
  EXPECT_FALSE(Known(load.waiting));
  EXPECT_FALSE(Known(load.running));
  EXPECT_FALSE(Known(load.kv_usage));
  EXPECT_FALSE(loads.ReportedAt(kId).has_value());
  EXPECT_EQ(loads.BlockSizeTokens(kId), 0u);
}

TEST(LoadColumns, AReportIsKnownUntilItIsStale) {
  LoadColumns loads;
  loads.Report(
      kId,
      {.waiting = 3, .running = 7, .kv_usage = 0.25f, .block_size_tokens = 32, .kv_blocks = 900},
      kStart, milliseconds(500));
  const Load fresh = loads.Read(kId, kStart + milliseconds(499));
  EXPECT_EQ(fresh.waiting, 3);
  EXPECT_EQ(fresh.running, 7);
  EXPECT_EQ(fresh.kv_usage, 0.25f);
  const Load stale = loads.Read(kId, kStart + milliseconds(500));
  EXPECT_FALSE(Known(stale.waiting));
  EXPECT_FALSE(Known(stale.kv_usage));
  EXPECT_EQ(loads.ReportedAt(kId), kStart);
  EXPECT_EQ(loads.BlockSizeTokens(kId), 32u);
  EXPECT_EQ(loads.KvBlocks(kId), 900u);
}

TEST(LoadColumns, AMetricThatTheNextPageLacksIsUnknown) {
  LoadColumns loads;
  loads.Report(kId, {.waiting = 3, .running = 7, .kv_usage = 0.5f}, kStart, seconds(1));
  loads.Report(kId, {.waiting = 4}, kStart, seconds(1));
  const Load load = loads.Read(kId, kStart);
  EXPECT_EQ(load.waiting, 4);
  EXPECT_FALSE(Known(load.running));
  EXPECT_FALSE(Known(load.kv_usage));
}

TEST(LoadColumns, NonsenseIsUnknown) {
  LoadColumns loads;
  const float inf = std::numeric_limits<float>::infinity();
  loads.Report(kId, {.waiting = -1, .running = inf, .kv_usage = 1.7f}, kStart, seconds(1));
  const Load load = loads.Read(kId, kStart);
  EXPECT_FALSE(Known(load.waiting));
  EXPECT_FALSE(Known(load.running));
  EXPECT_EQ(load.kv_usage, 1);
  loads.Report(kId, {.kv_usage = -0.1f}, kStart, seconds(1));
  EXPECT_FALSE(Known(loads.Read(kId, kStart).kv_usage));
}

TEST(LoadColumns, AReusedSlotBeginsUnknown) {
  LoadColumns loads;
  const model::EndpointId next{kId.slot, kId.generation + 1};
  loads.Report(kId, {.waiting = 3, .block_size_tokens = 16}, kStart, seconds(9));
  EXPECT_FALSE(Known(loads.Read(next, kStart).waiting));
  EXPECT_EQ(loads.BlockSizeTokens(next), 0u);
  loads.Report(next, {.waiting = 8}, kStart, seconds(9));
  EXPECT_EQ(loads.Read(next, kStart).waiting, 8);
  EXPECT_FALSE(Known(loads.Read(kId, kStart).waiting));
  loads.Forget(kId);
  EXPECT_EQ(loads.Read(next, kStart).waiting, 8);
  loads.Forget(next);
  EXPECT_FALSE(Known(loads.Read(next, kStart).waiting));
}

TEST(LoadColumns, LorasAreKeptByKeyAndBounded) {
  LoadColumns loads;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("lora-" + std::to_string(i));
  const std::vector<std::string_view> many(names.begin(), names.end());
  const std::array<std::string_view, 1> one{"lora-1"};
  loads.Report(kId, {.max_loras = 4, .running_loras = many, .waiting_loras = one}, kStart,
               seconds(1));
  const LoraLoad load = loads.Loras(kId, kStart);
  EXPECT_EQ(load.max_loras, 4u);
  EXPECT_EQ(load.running.size(), kMaxLoraNames);
  EXPECT_EQ(load.running[1], AdapterKey("lora-1"));
  EXPECT_EQ(load.waiting, std::vector<uint64_t>{AdapterKey("lora-1")});
  EXPECT_TRUE(loads.Loras(kId, kStart + seconds(2)).running.empty());
  loads.Report(kId, {}, kStart, seconds(1));
  EXPECT_TRUE(loads.Loras(kId, kStart).running.empty());
}

TEST(LoadColumns, WorkersReadWhileTheScraperWrites) {
  LoadColumns loads;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      const Load load = loads.Read(kId, kStart);
      EXPECT_FALSE(load.kv_usage > 1);
      const LoraLoad loras = loads.Loras(kId, kStart);
      EXPECT_LE(loras.running.size(), kMaxLoraNames);
    }
  });
  const std::array<std::string_view, 2> names{"a", "b"};
  for (int i = 0; i < 20'000; ++i) {
    loads.Report(kId,
                 {.waiting = static_cast<float>(i),
                  .kv_usage = static_cast<float>(i % 100) / 100,
                  .max_loras = 2,
                  .running_loras = std::span(names).first(static_cast<size_t>(i % 3))},
                 kStart, seconds(1));
  }
  done = true;
  reader.join();
}

TEST(LoadColumns, WhereAnAdapterStands) {
  LoadColumns columns;
  const base::TimePoint now{seconds(10)};
  const auto state = [&](std::string_view name, base::TimePoint at) {
    return columns.LoraStateOf({1, 1}, AdapterKey(name), at);
  };
  EXPECT_EQ(state("a", now), LoraState::kUntold);
  const std::vector<std::string_view> running = {"a"};
  const std::vector<std::string_view> waiting = {"b"};
  LoadReport report{.max_loras = 3, .running_loras = running, .waiting_loras = waiting};
  columns.Report({1, 1}, report, now, seconds(1));
  EXPECT_EQ(state("a", now), LoraState::kRunning);
  EXPECT_EQ(state("b", now), LoraState::kRoom);
  EXPECT_EQ(state("c", now), LoraState::kRoom);
  report.max_loras = 2;
  columns.Report({1, 1}, report, now, seconds(1));
  EXPECT_EQ(state("b", now), LoraState::kWaiting);
  EXPECT_EQ(state("c", now), LoraState::kFull);
  EXPECT_EQ(state("a", now + seconds(1)), LoraState::kUntold);  // stale
  EXPECT_EQ(columns.LoraStateOf({1, 2}, AdapterKey("a"), now), LoraState::kUntold);
}

}  // namespace
}  // namespace fairway::data
