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

TEST_F(ServerFaultTest, BadFaultsAreRefusedAndChangeNothing) {
  EXPECT_EQ(Post("/sim/fault", R"({"mode":"melt"})").status, 400);
  EXPECT_EQ(Post("/sim/fault", std::string(10'000, ' ')).status, 400);
  EXPECT_EQ(Post(kChat, ChatBody(kTenTokens)).status, 200);
}

}  // namespace
}  // namespace fairway::modelsim
