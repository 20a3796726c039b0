#include "director/pools.h"

#include <gtest/gtest.h>

#include "director/worker.h"
#include "plugins/catalogue.h"

namespace fairway::director {
namespace {

using namespace std::chrono_literals;

std::string Ask(std::string_view model) {
  return R"({"model":")" + std::string(model) +
         R"(","messages":[{"role":"user","content":"Hello"}]})";
}

class PoolsTest : public testing::Test {
 protected:
  // A pool and its brain, which live as long as somebody holds the brain.
  struct Held {
    explicit Held(const std::string& name)
        : pool(name), brain(pool, sched::ServeDefaultProfile(plugins::All(), pool.learned)) {}
    data::Pool pool;
    Brain brain;
  };

  std::shared_ptr<const Brain> MakePool(const std::string& name, const std::string& ip,
                                        const std::vector<std::string>& models) {
    auto held = std::make_shared<Held>(name);
    const auto id = held->pool.table.Add({.ip = ip, .port = 8000});
    EXPECT_TRUE(id.ok());
    EXPECT_TRUE(held->pool.table.SetServed(*id, models, {}).ok());
    held->pool.Publish();
    return {held, &held->brain};
  }

  Pools TwoPools() {
    return {.brains = {MakePool("first", "10.0.0.1", {"a", "both"}),
                       MakePool("second", "10.0.0.2", {"b", "both"})},
            .models = {}};
  }

  // The name of the server that a request for the model goes to, or the rejection's message.
  std::string Goes(Worker& worker, std::string_view model) {
    const Worker::LifeLease life = worker.Begin({.request_id = "r",
                                                 .client = "127.0.0.1:5",
                                                 .api = inference::Api::kChatCompletions,
                                                 .at = now_});
    auto rejection = life->Parse(Ask(model));
    if (!rejection) rejection = life->Schedule(now_);
    if (rejection) return rejection->message;
    const std::string name = life->StartAttempt(now_)->name;
    life->EndAttempt(AttemptEnd::kAnswered, now_);
    life->Finish(Reason::kNone, 200, now_);
    return name;
  }

  base::TimePoint now_{100s};
};

TEST_F(PoolsTest, AModelGoesToThePoolThatServesIt) {
  Worker worker(TwoPools(), {.records = 4});
  EXPECT_EQ(Goes(worker, "a"), "10.0.0.1:8000");
  EXPECT_EQ(Goes(worker, "b"), "10.0.0.2:8000");
}

TEST_F(PoolsTest, AModelInTwoPoolsGoesToTheFirstUnlessTheConfigurationSaysOtherwise) {
  Pools pools = TwoPools();
  Worker worker(pools, {.records = 4});
  EXPECT_EQ(Goes(worker, "both"), "10.0.0.1:8000");
  pools.models["both"] = 1;
  worker.Use(pools);
  EXPECT_EQ(Goes(worker, "both"), "10.0.0.2:8000");
}

TEST_F(PoolsTest, AnUnknownModelIsToldWithWhatEveryPoolServes) {
  Worker worker(TwoPools(), {.records = 4});
  EXPECT_EQ(Goes(worker, "c"), "The model `c` does not exist. Known models: a, both, b.");
}

TEST_F(PoolsTest, AModelOfTheConfigurationThatNobodyServesYetIsNotUnknown) {
  Pools pools = TwoPools();
  pools.models["later"] = 1;
  Worker worker(pools, {.records = 4});
  EXPECT_EQ(Goes(worker, "later"), "No model server serves `later` now.");
}

TEST_F(PoolsTest, ARequestKeepsTheGenerationItBeganWith) {
  Worker worker(TwoPools(), {.records = 4});
  Worker::LifeLease life = worker.Begin({.request_id = "r",
                                         .client = "127.0.0.1:5",
                                         .api = inference::Api::kChatCompletions,
                                         .at = now_});
  ASSERT_FALSE(life->Parse(Ask("b")));
  Pools next;
  next.brains = {MakePool("third", "10.0.0.3", {"b"})};
  worker.Use(next);
  ASSERT_FALSE(life->Schedule(now_));
  EXPECT_EQ(life->StartAttempt(now_)->name, "10.0.0.2:8000");
  life->EndAttempt(AttemptEnd::kAnswered, now_);
  life->Finish(Reason::kNone, 200, now_);
  EXPECT_EQ(Goes(worker, "b"), "10.0.0.3:8000");
}

TEST_F(PoolsTest, AGenerationThatNobodyUsesIsLetGo) {
  Pools pools = TwoPools();
  const std::weak_ptr<const Brain> second = pools.brains[1];
  Worker worker(std::move(pools), {.records = 4});
  EXPECT_EQ(Goes(worker, "b"), "10.0.0.2:8000");
  EXPECT_FALSE(second.expired());
  Pools next;
  next.brains = {MakePool("third", "10.0.0.3", {"b"})};
  worker.Use(next);
  EXPECT_TRUE(second.expired());
}

TEST_F(PoolsTest, EveryPoolsModelsAreListedOnce) {
  Worker worker(TwoPools(), {.records = 4});
  std::vector<std::string> names;
  for (const model::Served& served : worker.Served()) names.push_back(served.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "both"}));
}

}  // namespace
}  // namespace fairway::director
