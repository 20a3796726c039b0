#include <gtest/gtest.h>

#include "modelsim/fixture.h"
#include "modelsim/server_world.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTenTokens = R"(,"max_tokens":10)";
constexpr std::string_view kTenTokensStreamed = R"(,"max_tokens":10,"stream":true)";

class ServerFaultTest : public testing::Test, protected ServerWorld {
 protected:
  void SetUp() override { Begin(Stepping()); }
  void TearDown() override { End(); }

  void SetFault(std::string_view json) {
    const auto answer = Post("/sim/fault", json);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  std::unique_ptr<RawClient> Ask(std::string_view more) {
    return Raw(PostText(kChat, ChatBody(more), "connection: close\r\n"));
  }
  static size_t EventsIn(const RawClient& client) {
    Recorded recorded;
    recorded.body = client.received();
    return recorded.Events().size();
  }
};

TEST_F(ServerFaultTest, AHungEngineStillLooksHealthy) {
  const auto running = Ask(kTenTokensStreamed);
  loop_.RunFor(35ms);
  const size_t before = EventsIn(*running);
  EXPECT_GT(before, 1u);
  SetFault(R"({"mode":"hang"})");
  const auto unary = Ask(kTenTokens);
  const auto stream = Ask(kTenTokensStreamed);
  loop_.RunFor(60s);
  EXPECT_EQ(EventsIn(*running), before);
  EXPECT_EQ(unary->received(), "");
  EXPECT_TRUE(stream->received().ends_with("\r\n\r\n")) << "a head without a body";
  EXPECT_EQ(Fetch("GET", "/health").status, 200);
  EXPECT_NE(Fetch("GET", "/metrics").body.find("num_requests_running"), std::string::npos);
  SetFault(R"({"mode":"none"})");
  loop_.RunFor(2s);
  EXPECT_EQ(EventsIn(*running), 12u) << "it goes on where it stood";
  EXPECT_TRUE(unary->received().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(EventsIn(*stream), 12u);
}

TEST_F(ServerFaultTest, ErrorsHaveTheCodeAskedFor) {
  SetFault(R"({"mode":"error","code":502})");
  EXPECT_EQ(Post(kChat, ChatBody(kTenTokens)).status, 502);
  EXPECT_EQ(Post(kChat, ChatBody(kTenTokensStreamed)).status, 502);
  EXPECT_EQ(Fetch("GET", "/health").status, 200);
  SetFault(R"({"mode":"none"})");
  EXPECT_EQ(Post(kChat, ChatBody(kTenTokens)).status, 200);
}

TEST_F(ServerFaultTest, AnEngineCanDieInMidStream) {
  SetFault(R"({"mode":"error","code":500,"after_chunks":3})");
  const auto client = Ask(kTenTokensStreamed);
  loop_.RunUntil([&] { return client->ended(); }, 1s);
  Recorded recorded;
  recorded.body = client->received();
  const auto events = recorded.Events();
  ASSERT_EQ(events.size(), 6u) << "role, three tokens, the error, [DONE]";
  EXPECT_TRUE(events[4].starts_with("{\"error\"")) << events[4];
  EXPECT_EQ(events[5], "[DONE]");
  EXPECT_TRUE(client->received().ends_with("0\r\n\r\n")) << "a clean end of the chunks";
  EXPECT_EQ(server_->engine().running(), 0u);
}

TEST_F(ServerFaultTest, ConnectionsCloseBeforeAnyByte) {
  for (const char* with : {"reset", "fin"}) {
    SetFault(std::string(R"({"mode":"close","with":")") + with + "\"}");
    const auto client = Ask(kTenTokens);
    loop_.RunUntil([&] { return client->ended(); }, 1s);
    EXPECT_EQ(client->received(), "");
    EXPECT_EQ(client->saw_fin(), std::string_view(with) == "fin");
  }
  EXPECT_EQ(server_->state().cancelled, 2u);
}

TEST_F(ServerFaultTest, ConnectionsCloseInMidStream) {
  for (const char* with : {"reset", "fin"}) {
    SetFault(std::string(R"({"mode":"close","after_chunks":4,"with":")") + with + "\"}");
    const auto client = Ask(kTenTokensStreamed);
    loop_.RunUntil([&] { return client->ended(); }, 1s);
    EXPECT_EQ(EventsIn(*client), 5u) << with;
    EXPECT_EQ(client->received().find("[DONE]"), std::string::npos);
    EXPECT_EQ(client->saw_fin(), std::string_view(with) == "fin");
  }
  EXPECT_EQ(server_->engine().running(), 0u);
}

TEST_F(ServerFaultTest, UnaryAnswersAreCutInHalf) {
  SetFault(R"({"mode":"close","after_chunks":1})");
  const auto client = Ask(kTenTokens);
  loop_.RunUntil([&] { return client->ended(); }, 1s);
  EXPECT_TRUE(client->received().starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(client->received().ends_with("}"));
}

TEST_F(ServerFaultTest, SlowServersHoldTheFirstByte) {
  SetFault(R"({"mode":"slow","first_byte_delay_ms":700})");
  const auto unary = Ask(kTenTokens);
  const auto stream = Ask(kTenTokensStreamed);
  loop_.RunFor(690ms);
  EXPECT_EQ(unary->received() + stream->received(), "");
  loop_.RunFor(20ms);
  EXPECT_TRUE(unary->received().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(EventsIn(*stream), 12u);
}

TEST_F(ServerFaultTest, ASlowServerNoticesWhoLeaves) {
  SetFault(R"({"mode":"slow","first_byte_delay_ms":60000})");
  const auto client = Ask(kTenTokensStreamed);
  loop_.RunFor(500ms);
  client->Reset();
  loop_.RunFor(5ms);
  EXPECT_EQ(server_->state().cancelled, 1u);
}

TEST_F(ServerFaultTest, AClosedPortRefusesAndOpensAgain) {
  SetFault(R"({"mode":"refuse-new","for_ms":500})");
  const auto refused = Ask(kTenTokens);
  loop_.RunFor(100ms);
  EXPECT_TRUE(refused->ended());
  EXPECT_EQ(refused->received(), "");
  EXPECT_EQ(Fetch("GET", "/health").status, 200) << "over a connection that stands";
  loop_.RunFor(450ms);
  const auto answered = Ask(kTenTokens);
  loop_.RunFor(1s);
  EXPECT_TRUE(answered->received().starts_with("HTTP/1.1 200"));
}

TEST_F(ServerFaultTest, ASilentServerTakesRequestsAndSaysNothing) {
  SetFault(R"({"mode":"silent","for":"20s"})");
  const auto unary = Ask(kTenTokens);
  const auto stream = Ask(kTenTokensStreamed);
  const auto left = Ask(kTenTokens);
  loop_.RunFor(10s);
  EXPECT_EQ(unary->received() + stream->received(), "") << "not even a head";
  EXPECT_EQ(Fetch("GET", "/health").status, 200);
  left->Reset();
  loop_.RunFor(1s);
  EXPECT_EQ(server_->state().cancelled, 1u);
  loop_.RunFor(12s);
  EXPECT_TRUE(unary->received().starts_with("HTTP/1.1 200")) << "it is over";
  EXPECT_EQ(EventsIn(*stream), 12u);
}

TEST_F(ServerFaultTest, WrongContentIsNotJson) {
  SetFault(R"({"mode":"wrong-content"})");
  const auto answer = Post(kChat, ChatBody(kTenTokens));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Find("content-type"), "text/html");
  EXPECT_TRUE(answer.body.starts_with("<!DOCTYPE html>"));
}

TEST_F(ServerFaultTest, AShareOfTheRequestsIsHit) {
  SetFault(R"({"mode":"error","code":503,"probability":0.5})");
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    failed += Post(kChat, ChatBody(R"(,"max_tokens":1)")).status == 503 ? 1 : 0;
  }
  EXPECT_GT(failed, 30);
  EXPECT_LT(failed, 70);
}

TEST_F(ServerFaultTest, FaultsAddUpShowAndClear) {
  EXPECT_EQ(Post("/sim/faults", R"({"mode":"slow","delay":"300ms"})").status, 200);
  EXPECT_EQ(Post("/sim/faults", R"({"mode":"stale-metrics","from":"5s","for":"1m"})").status, 200);
  json::Reader reader;
  const std::string shown = Fetch("GET", "/sim/faults").body;
  const auto faults = Parse(reader, shown)["faults"].Elements();
  ASSERT_EQ(faults.size(), 2u) << shown;
  EXPECT_EQ(faults[0]["mode"].String(), "slow");
  EXPECT_EQ(faults[0]["active"].Bool(), true);
  EXPECT_EQ(faults[1]["active"].Bool(), false);
  EXPECT_EQ(Fetch("DELETE", "/sim/faults").body, R"({"faults":[]})");
}

TEST_F(ServerFaultTest, ACrashEndsStreamsAsRecordedAndThenThePortIsClosed) {
  const auto stream = Ask(kTenTokensStreamed);
  const auto unary = Ask(kTenTokens);
  loop_.RunFor(45ms);
  SetFault(R"({"mode":"crash","for":"5s"})");
  loop_.RunFor(5ms);
  Recorded recorded;
  recorded.body = stream->received();
  const auto events = recorded.Events();
  ASSERT_GT(events.size(), 3u);
  EXPECT_TRUE(events[events.size() - 2].starts_with("{\"error\"")) << events[events.size() - 2];
  EXPECT_EQ(events.back(), "[DONE]");
  EXPECT_TRUE(stream->received().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(unary->received().starts_with("HTTP/1.1 500")) << unary->received();
  EXPECT_EQ(Fetch("GET", "/health").status, 503);
  loop_.RunFor(1s);
  const auto refused = Ask(kTenTokens);
  loop_.RunFor(100ms);
  EXPECT_TRUE(refused->ended());
  EXPECT_EQ(refused->received(), "");
  loop_.RunFor(5s);
  EXPECT_EQ(Fetch("GET", "/health").status, 200) << "it was started again";
}

TEST_F(ServerFaultTest, ARestartedServerRemembersNothing) {
  const std::string text(400, 'x');
  json::Reader reader;
  const auto cached = [&] {
    const auto answer = Post(kChat, ChatBody(R"(,"max_tokens":1)", text));
    return *Parse(reader, answer.body)["usage"]["prompt_tokens_details"]["cached_tokens"].Int();
  };
  EXPECT_EQ(cached(), 0);
  EXPECT_GT(cached(), 0);
  SetFault(R"({"mode":"crash","for":"1s"})");
  loop_.RunFor(2s);
  EXPECT_EQ(cached(), 0);
}

TEST_F(ServerFaultTest, SigtermAbortsWhatRuns) {
  const auto stream = Ask(kTenTokensStreamed);
  loop_.RunFor(45ms);
  SetFault(R"({"mode":"drain","for":"5s"})");
  loop_.RunFor(20ms);
  Recorded recorded;
  recorded.body = stream->received();
  const auto events = recorded.Events();
  EXPECT_NE(events[events.size() - 2].find("\"finish_reason\":\"abort\""), std::string::npos);
  EXPECT_EQ(events.back(), "[DONE]");
  loop_.RunFor(1s);
  const auto refused = Ask(kTenTokens);
  loop_.RunFor(100ms);
  EXPECT_EQ(refused->received(), "");
}

TEST_F(ServerFaultTest, SigtermWithPatienceLetsStreamsEnd) {
  const auto stream = Ask(kTenTokensStreamed);
  loop_.RunFor(35ms);
  SetFault(R"({"mode":"drain","delay":"20s","for":"60s"})");
  const auto refused = Post(kChat, ChatBody(kTenTokens));
  EXPECT_EQ(refused.status, 500);
  EXPECT_NE(refused.body.find("cannot schedule new futures after shutdown"), std::string::npos);
  EXPECT_EQ(Fetch("GET", "/health").status, 200);
  loop_.RunFor(500ms);
  EXPECT_EQ(EventsIn(*stream), 12u) << "whole";
  const auto late = Ask(kTenTokens);
  loop_.RunFor(100ms);
  EXPECT_EQ(late->received(), "") << "with nothing left to do it went before its time was up";
}

TEST_F(ServerFaultTest, MetricsGoStaleSlowGarbledOrAway) {
  const std::string idle = Fetch("GET", "/metrics").body;
  SetFault(R"({"mode":"stale-metrics"})");
  const auto running = Ask(R"(,"max_tokens":500)");
  loop_.RunFor(50ms);
  EXPECT_EQ(Fetch("GET", "/metrics").body, idle);
  SetFault(R"({"mode":"none"})");
  EXPECT_NE(Fetch("GET", "/metrics").body, idle);

  SetFault(R"({"mode":"garbled-metrics"})");
  const auto garbled = Fetch("GET", "/metrics");
  EXPECT_EQ(garbled.status, 200);
  EXPECT_LE(garbled.body.size(), 2 * idle.size());
  EXPECT_NE(garbled.body.substr(0, 200), idle.substr(0, 200));

  SetFault(R"({"mode":"no-metrics","code":503})");
  EXPECT_EQ(Fetch("GET", "/metrics").status, 503);

  SetFault(R"({"mode":"slow-metrics","delay":"3s"})");
  const base::TimePoint asked = loop_.Now();
  EXPECT_EQ(Fetch("GET", "/metrics").status, 200);
  EXPECT_GE(loop_.Now() - asked, 3s);
  running->Reset();
  loop_.RunFor(10ms);
}

TEST_F(ServerFaultTest, BadFaultsAreRefusedAndChangeNothing) {
  EXPECT_EQ(Post("/sim/fault", R"({"mode":"melt"})").status, 400);
  EXPECT_EQ(Post("/sim/fault", std::string(10'000, ' ')).status, 400);
  EXPECT_EQ(Post(kChat, ChatBody(kTenTokens)).status, 200);
}

}  // namespace
}  // namespace fairway::modelsim
