#include "director/life.h"

#include <gtest/gtest.h>

#include <set>

#include "director/worker.h"
#include "plugins/catalogue.h"

namespace fairway::director {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBody = R"({"model":"m","stream":true,"max_tokens":8,)"
                                   R"("messages":[{"role":"user","content":"Hello there"}]})";

class RequestLifeTest : public testing::Test {
 protected:
  RequestLifeTest()
      : pool_("default"),
        brain_(pool_, sched::ServeDefaultProfile(plugins::All(), pool_.learned)),
        worker_(brain_, {.records = 4, .seed = 7}) {}

  void AddServers(int count) {
    for (int i = 0; i < count; ++i) {
      const auto id = pool_.table.Add({.ip = "10.0.0." + std::to_string(i + 1), .port = 8000});
      ASSERT_TRUE(id.ok());
      ASSERT_TRUE(pool_.table.SetServed(*id, {"m"}, {{.name = "lora-a", .parent = "m"}}).ok());
    }
    pool_.Publish();
  }

  Worker::LifeLease Begin(std::string_view id = "r-1") {
    return worker_.Begin({.request_id = id,
                          .client = "127.0.0.1:5",
                          .api = inference::Api::kChatCompletions,
                          .at = now_});
  }

  Worker::LifeLease Scheduled() {
    Worker::LifeLease life = Begin();
    EXPECT_FALSE(life->Parse(kBody));
    EXPECT_FALSE(life->Schedule(now_));
    return life;
  }

  Worker::LifeLease BeginWithLongPrompt() {
    Worker::LifeLease life = Begin();
    const std::string body = R"({"model":"m","messages":[{"role":"user","content":")" +
                             std::string(4000, 'x') + R"("}]})";
    EXPECT_FALSE(life->Parse(body));
    EXPECT_FALSE(life->Schedule(now_));
    return life;
  }

  uint64_t InFlight() const { return pool_.in_flight.ReadAll().requests; }

  base::TimePoint now_{100s};
  data::Pool pool_;
  Brain brain_;
  Worker worker_;
};

TEST_F(RequestLifeTest, HoldsWhatItUsesAndGivesItBackAtTheEnd) {
  AddServers(3);
  Worker::LifeLease life = Scheduled();
  EXPECT_TRUE(life->stream());
  EXPECT_EQ(InFlight(), 0u);
  const model::Endpoint* endpoint = life->StartAttempt(now_);
  ASSERT_NE(endpoint, nullptr);
  EXPECT_EQ(pool_.in_flight.Requests(endpoint->id.slot), 1u);
  EXPECT_EQ(worker_.budget().active(), 1u);
  life->AnswerBegan(now_ + 1ms);
  EXPECT_EQ(pool_.in_flight.Read(endpoint->id.slot).tokens, 0u);
  life->EndAttempt(AttemptEnd::kAnswered, now_ + 2ms);
  EXPECT_EQ(life->StartAttempt(now_ + 2ms), nullptr);
  life->Finish(Reason::kNone, 200, now_ + 2ms);
  EXPECT_EQ(pool_.in_flight.ReadAll(), data::InFlight::Totals());
  EXPECT_EQ(worker_.budget().active(), 0u);
}

TEST_F(RequestLifeTest, AnAbandonedRequestEndsToo) {
  AddServers(1);
  {
    Worker::LifeLease life = Scheduled();
    ASSERT_NE(life->StartAttempt(now_), nullptr);
    EXPECT_EQ(InFlight(), 1u);
  }
  EXPECT_EQ(InFlight(), 0u);
  EXPECT_EQ(worker_.budget().active(), 0u);
}

TEST_F(RequestLifeTest, RefusedConnectsWalkTheWholeListAndThenSaySo) {
  AddServers(3);
  Worker::LifeLease life = Scheduled();
  std::set<std::string> tried;
  while (const model::Endpoint* endpoint = life->StartAttempt(now_)) {
    EXPECT_TRUE(tried.insert(endpoint->name).second);
    life->EndAttempt(AttemptEnd::kConnectFailed, now_);
  }
  EXPECT_EQ(tried.size(), 3u);
  EXPECT_EQ(life->Why().reason, Reason::kUpstreamConnect);
  EXPECT_EQ(worker_.budget().retrying(), 0u);
  life->Finish(Reason::kUpstreamConnect, 502, now_);
}

TEST_F(RequestLifeTest, WhoIsOnProbationIsTheLastHope) {
  AddServers(2);
  const auto set = pool_.table.members().Copy();
  const model::EndpointId restarted = set->endpoints()[0].id;
  for (int i = 0; i < 5; ++i) pool_.health.Report(restarted, data::Outcome::kConnectFailed, now_);
  now_ += 11s;  // on probation: one request at a time
  const data::InFlightHold busy = pool_.in_flight.Acquire(restarted.slot, 1, 1);
  Worker::LifeLease life = Scheduled();
  const model::Endpoint* first = life->StartAttempt(now_);
  ASSERT_NE(first, nullptr);
  EXPECT_NE(first->id, restarted);
  life->EndAttempt(AttemptEnd::kRefused, now_);
  const model::Endpoint* second = life->StartAttempt(now_);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->id, restarted);
  life->EndAttempt(AttemptEnd::kAnswered, now_);
  life->Finish(Reason::kNone, 200, now_);
}

TEST_F(RequestLifeTest, ResetsSpendTheRetryBudget) {
  AddServers(3);
  Worker::LifeLease life = Scheduled();
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  life->EndAttempt(AttemptEnd::kReset, now_);
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  EXPECT_EQ(worker_.budget().retrying(), 1u);
  life->EndAttempt(AttemptEnd::kRefused, now_);
  EXPECT_EQ(life->Why().reason, Reason::kUpstreamUnavailable);
  life->Finish(Reason::kUpstreamUnavailable, 502, now_);
  EXPECT_EQ(worker_.budget().retrying(), 0u);
}

TEST_F(RequestLifeTest, NothingIsTriedAfterAnAnswerBeganOrATimeLimit) {
  AddServers(3);
  Worker::LifeLease life = Scheduled();
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  life->AnswerBegan(now_);
  life->EndAttempt(AttemptEnd::kReset, now_);
  EXPECT_EQ(life->StartAttempt(now_), nullptr);
  life->Finish(Reason::kUpstreamReset, 200, now_);

  life = Scheduled();
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  life->EndAttempt(AttemptEnd::kTimeout, now_);
  EXPECT_EQ(life->StartAttempt(now_), nullptr);
  EXPECT_EQ(life->Why().reason, Reason::kTimeoutFirstByte);
}

TEST_F(RequestLifeTest, UnknownModelsAreNamedWithTheKnownOnes) {
  AddServers(1);
  Worker::LifeLease life = Begin();
  ASSERT_FALSE(life->Parse(R"({"model":"nope","messages":[]})"));
  const std::optional<Rejection> rejection = life->Schedule(now_);
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->reason, Reason::kUnknownModel);
  EXPECT_EQ(rejection->param, "model");
  EXPECT_NE(rejection->message.find("lora-a, m"), std::string::npos) << rejection->message;
}

TEST_F(RequestLifeTest, TheOnlyBaseModelNeedNotBeNamed) {
  AddServers(1);
  Worker::LifeLease life = Begin();
  ASSERT_FALSE(life->Parse(R"({"messages":[{"role":"user","content":"x"}]})"));
  EXPECT_FALSE(life->Schedule(now_));
  EXPECT_EQ(life->model(), "m");
}

TEST_F(RequestLifeTest, AnAdapterIsServedWhereItIsLoaded) {
  AddServers(1);
  Worker::LifeLease life = Begin();
  ASSERT_FALSE(life->Parse(R"({"model":"lora-a","messages":[]})"));
  EXPECT_FALSE(life->Schedule(now_));
  EXPECT_NE(life->StartAttempt(now_), nullptr);
}

TEST_F(RequestLifeTest, WithoutServersThereIsNobodyToAsk) {
  pool_.Publish();
  Worker::LifeLease life = Begin();
  ASSERT_FALSE(life->Parse(kBody));
  const std::optional<Rejection> rejection = life->Schedule(now_);
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->reason, Reason::kNoEndpoints);
}

TEST_F(RequestLifeTest, BadBodiesAreToldWithTheField) {
  AddServers(1);
  Worker::LifeLease life = Begin();
  const std::optional<Rejection> rejection = life->Parse(R"({"model":7})");
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->reason, Reason::kBadRequest);
  EXPECT_EQ(rejection->param, "model");
}

TEST_F(RequestLifeTest, TheSamePromptGoesWhereItWentBefore) {
  AddServers(8);
  std::string body = R"({"model":"m","messages":[{"role":"user","content":")";
  body.append(4000, 'x');
  body += R"("}]})";
  std::string first;
  for (int i = 0; i < 5; ++i) {
    Worker::LifeLease life = Begin();
    ASSERT_FALSE(life->Parse(body));
    ASSERT_FALSE(life->Schedule(now_));
    const model::Endpoint* endpoint = life->StartAttempt(now_);
    ASSERT_NE(endpoint, nullptr);
    if (first.empty()) first = endpoint->name;
    EXPECT_EQ(endpoint->name, first);
  }
}

TEST_F(RequestLifeTest, FiveFailuresInARowEjectTheServer) {
  AddServers(2);
  std::string broken;
  for (int i = 0; i < 60; ++i) {
    Worker::LifeLease life = Scheduled();
    const model::Endpoint* endpoint = life->StartAttempt(now_);
    ASSERT_NE(endpoint, nullptr);
    if (broken.empty()) broken = endpoint->name;
    const bool fails = endpoint->name == broken;
    life->EndAttempt(fails ? AttemptEnd::kConnectFailed : AttemptEnd::kAnswered, now_);
    life->Finish(Reason::kNone, 400, now_);  // so that neither becomes the prompt's home
  }
  for (const model::Endpoint& endpoint : pool_.table.members().Copy()->endpoints()) {
    const data::Standing expected =
        endpoint.name == broken ? data::Standing::kEjected : data::Standing::kIn;
    EXPECT_EQ(pool_.health.StandingOf(endpoint.id, now_), expected);
  }
}

TEST_F(RequestLifeTest, RecordsTellWhatHappenedAndTheOldestGo) {
  AddServers(2);
  for (int i = 0; i < 6; ++i) {
    Worker::LifeLease life = Begin("same-id");
    ASSERT_FALSE(life->Parse(kBody));
    ASSERT_FALSE(life->Schedule(now_));
    ASSERT_NE(life->StartAttempt(now_), nullptr);
    life->EndAttempt(AttemptEnd::kReset, now_ + 3ms);
    ASSERT_NE(life->StartAttempt(now_ + 3ms), nullptr);
    life->AnswerBegan(now_ + 5ms);
    life->facts.usage = {.prompt_tokens = 4, .completion_tokens = 2, .cached_tokens = 3};
    life->Finish(Reason::kNone, 200, now_ + 9ms);
  }
  size_t seen = 0;
  worker_.records().ForEachNewestFirst([&](const DecisionRecord& record) {
    ++seen;
    EXPECT_EQ(record.request_id.view(), "same-id");
    EXPECT_TRUE(record.finished);
    EXPECT_EQ(record.attempt_count, 2u);
    EXPECT_EQ(record.attempts[0].end, AttemptEnd::kReset);
    EXPECT_EQ(record.attempts[0].took, 3ms);
    EXPECT_EQ(record.first_byte, 5ms);
    EXPECT_EQ(record.total, 9ms);
    EXPECT_EQ(record.cached_tokens, 3u);
    EXPECT_EQ(record.trace.ordered, 2u);
    return true;
  });
  EXPECT_EQ(seen, 4u);
}

TEST_F(RequestLifeTest, ARequestKeepsTheProfileItBeganWith) {
  AddServers(2);
  Worker::LifeLease before = Begin("before");
  auto next = std::make_shared<sched::Profile>();
  next->name = "next";
  next->picker = brain_.profile().Copy()->picker;
  brain_.Use(next);
  const auto scorers_of = [&](Worker::LifeLease& life) {
    EXPECT_FALSE(life->Parse(kBody));
    EXPECT_FALSE(life->Schedule(now_));
    size_t count = 99;
    worker_.records().ForEachNewestFirst([&](const DecisionRecord& record) {
      count = record.trace.scorer_count;
      return false;
    });
    return count;
  };
  EXPECT_GT(scorers_of(before), 0u);
  Worker::LifeLease after = Begin("after");
  EXPECT_EQ(scorers_of(after), 0u);
}

TEST_F(RequestLifeTest, APickThatFailedIsNotLearned) {
  AddServers(1);
  const auto cached = [&] {
    Worker::LifeLease probe = BeginWithLongPrompt();
    float blocks = -1;
    worker_.records().ForEachNewestFirst([&](const DecisionRecord& record) {
      blocks = record.trace.candidates[0].cached_blocks;
      return false;
    });
    return blocks;
  };
  const auto serve = [&](AttemptEnd end, Reason reason, int status) {
    Worker::LifeLease life = BeginWithLongPrompt();
    EXPECT_NE(life->StartAttempt(now_), nullptr);
    life->EndAttempt(end, now_);
    life->Finish(reason, status, now_);
  };
  serve(AttemptEnd::kReset, Reason::kUpstreamReset, 502);
  EXPECT_EQ(cached(), 0);
  serve(AttemptEnd::kAnswered, Reason::kNone, 400);
  EXPECT_EQ(cached(), 0);
  serve(AttemptEnd::kAnswered, Reason::kNone, 200);
  const float learned = cached();
  EXPECT_GT(learned, 10);
  serve(AttemptEnd::kHung, Reason::kUpstreamUnavailable, 502);  // what was there before stays
  EXPECT_EQ(cached(), learned);
}

// A profile of the session's scorer alone, and a key.
class SessionLifeTest : public RequestLifeTest {
 protected:
  SessionLifeTest() {
    sched::HostNeeds needs;
    sched::Context context{.name = "s", .learned = pool_.learned, .needs = needs};
    const sched::PluginSpec* spec = sched::FindSpec(plugins::All(), "session-affinity-scorer");
    auto scorer = std::get<sched::Make<sched::Scorer>>(spec->make)({}, context);
    EXPECT_TRUE(scorer.ok());
    auto profile = std::make_shared<sched::Profile>();
    profile->scorers.push_back({spec, "s", *std::move(scorer), 1});
    profile->picker = brain_.profile().Copy()->picker;
    profile->session = needs.session;
    brain_.Use(profile);
    Pools pools = OnePool(brain_);
    pools.sessions = tokens_;
    pools.adapters["known-adapter"] = "m";
    worker_.Use(pools);
    AddServers(8);
  }

  // One request with that token; the token of its answer, and who served it.
  std::pair<std::string, std::string> Serve(std::string_view token) {
    Worker::LifeLease life = Begin();
    EXPECT_FALSE(life->Parse(kBody));
    EXPECT_EQ(life->session_token(), "");
    EXPECT_NE(life->session_names(), nullptr);
    life->BringSession(token);
    EXPECT_FALSE(life->Schedule(now_));
    const model::Endpoint* endpoint = life->StartAttempt(now_);
    std::pair<std::string, std::string> served(life->session_token(), endpoint->name);
    life->EndAttempt(AttemptEnd::kAnswered, now_);
    EXPECT_EQ(life->session_token(), served.first);  // still to be told after the end
    return served;
  }

  const std::shared_ptr<const identity::SessionTokens> tokens_ =
      std::make_shared<const identity::SessionTokens>(
          *identity::SessionTokens::Create("a key of at least sixteen bytes"));
};

TEST_F(SessionLifeTest, ASessionStaysWhereItWas) {
  const auto [token, server] = Serve("");
  EXPECT_EQ(token.size(), 38u);
  for (int i = 0; i < 20; ++i) {
    const auto again = Serve(token);
    EXPECT_EQ(again.first, token);
    EXPECT_EQ(again.second, server);
  }
}

TEST_F(SessionLifeTest, ABadTokenIsNone) {
  std::set<std::string> servers;
  for (int i = 0; i < 60; ++i) servers.insert(Serve("no token of ours").second);
  EXPECT_GT(servers.size(), 4u);
}

TEST_F(SessionLifeTest, WhoMovesOnGetsATokenOfTheNewServer) {
  const auto [token, server] = Serve("");
  Worker::LifeLease life = Begin();
  EXPECT_FALSE(life->Parse(kBody));
  life->BringSession(token);
  EXPECT_FALSE(life->Schedule(now_));
  EXPECT_EQ(life->StartAttempt(now_)->name, server);
  life->EndAttempt(AttemptEnd::kConnectFailed, now_);
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  EXPECT_NE(life->session_token(), token);
}

TEST_F(SessionLifeTest, WithoutAKeyThereAreNoSessions) {
  worker_.Use(OnePool(brain_));
  Worker::LifeLease life = Begin();
  EXPECT_FALSE(life->Parse(kBody));
  EXPECT_EQ(life->session_names(), nullptr);
  life->BringSession("anything");
  EXPECT_FALSE(life->Schedule(now_));
  ASSERT_NE(life->StartAttempt(now_), nullptr);
  EXPECT_EQ(life->session_token(), "");
}

TEST_F(SessionLifeTest, AKnownAdapterGoesToItsBaseModel) {
  Worker::LifeLease life = Begin();
  EXPECT_FALSE(life->Parse(R"({"model":"known-adapter","messages":[]})"));
  EXPECT_FALSE(life->Schedule(now_));
  Worker::LifeLease other = Begin();
  EXPECT_FALSE(other->Parse(R"({"model":"unknown-adapter","messages":[]})"));
  const auto refused = other->Schedule(now_);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->reason, Reason::kUnknownModel);
}

}  // namespace
}  // namespace fairway::director
