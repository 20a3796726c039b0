#include "obs/family.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace fairway::obs {
namespace {

Family<Counter> MakeFamily(size_t max_series) {
  return Family<Counter>(
      {.name = "requests_total", .help = "", .labels = {"model", "code"}, .max_series = max_series},
      [] { return std::make_unique<Counter>(); });
}

std::vector<std::string> Lines(const Family<Counter>& family) {
  std::vector<std::string> lines;
  family.ForEach([&](std::span<const std::string> values, const Counter& counter) {
    lines.push_back(values[0] + "," + values[1] + "=" + std::to_string(counter.Read()));
  });
  return lines;
}

using Expected = std::vector<std::string>;

TEST(Family, GivesOneMetricForEachCombinationSorted) {
  Family<Counter> family = MakeFamily(10);
  family.With("b", "200").Add(2);
  family.With("a", "500").Add();
  family.With("a", "200").Add();
  family.With("b", "200").Add();
  EXPECT_EQ(Lines(family), (Expected{"a,200=1", "a,500=1", "b,200=3"}));
  EXPECT_EQ(&family.With("a", "200"), &family.With("a", "200"));
}

TEST(Family, DoesNotMistakeValuesThatJoinAlike) {
  Family<Counter> family = MakeFamily(10);
  family.With("ab", "c").Add();
  family.With("a", "bc").Add(2);
  family.With("", "abc").Add(3);
  EXPECT_EQ(Lines(family), (Expected{",abc=3", "a,bc=2", "ab,c=1"}));
}

TEST(Family, CountsWhatIsTooManyInOther) {
  Family<Counter> family = MakeFamily(2);
  for (int i = 0; i < 100; ++i) family.With("model-" + std::to_string(i), "200").Add();
  EXPECT_EQ(Lines(family), (Expected{"model-0,200=1", "model-1,200=1", "other,other=98"}));
  EXPECT_EQ(family.overflowed(), 98);
  family.With("model-1", "200").Add();  // what is known stays known
  EXPECT_EQ(Lines(family)[1], "model-1,200=2");
}

TEST(Family, KeepsUnfitValuesOffThePage) {
  Family<Counter> family = MakeFamily(10);
  family.With("\xff\xfe", "200").Add();
  family.With(std::string(kMaxLabelBytes + 1, 'x'), "200").Add();
  family
      .With(
          "a\xff"
          "b",
          "c")
      .Add();  // joins like ("a", "b\xffc") would
  family
      .With("a",
            "b\xff"
            "c")
      .Add();
  EXPECT_EQ(Lines(family), (Expected{"other,other=4"}));
  EXPECT_EQ(family.overflowed(), 4);
  family.With(std::string(kMaxLabelBytes, 'x'), "200").Add();
  EXPECT_EQ(Lines(family).size(), 2u);
}

TEST(Family, SharesSeriesBetweenWorkers) {
  Family<Counter> family = MakeFamily(8);
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < base::kMaxWorkers; ++worker) {
    threads.emplace_back([worker, &family] {
      base::this_worker = worker;
      for (int i = 0; i < 300; ++i) family.With(std::to_string(i % 12), "200").Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  int64_t sum = 0;
  size_t series = 0;
  family.ForEach([&](std::span<const std::string>, const Counter& counter) {
    sum += counter.Read();
    ++series;
  });
  EXPECT_EQ(sum, static_cast<int64_t>(base::kMaxWorkers) * 300);
  EXPECT_EQ(series, 9u);  // eight and "other"
}

TEST(FamilyDeathTest, RefusesAnotherNumberOfValues) {
  Family<Counter> family = MakeFamily(2);
  EXPECT_DEATH(family.With("a"), "CHECK");
}

}  // namespace
}  // namespace fairway::obs
