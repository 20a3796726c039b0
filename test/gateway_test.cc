// The gateway as its clients and its model servers see it: one suite, run over real sockets and
// over the simulated network.

#include <gtest/gtest.h>

#include <set>

#include "rt/sleep.h"
#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

using modelsim::Fault;
using modelsim::FaultMode;

constexpr std::string_view kUnary =
    R"({"model":"m","messages":[{"role":"user","content":"Tell me"}],"max_tokens":4})";
constexpr std::string_view kStream =
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true},)"
    R"("messages":[{"role":"user","content":"Tell me"}],"max_tokens":4})";

template <class World>
class Gateway : public testing::Test {
 protected:
  GatewayRig<World>& Start(RigOptions options = {}) {
    rig_.emplace(std::move(options));
    return *rig_;
  }
  std::optional<GatewayRig<World>> rig_;
};

struct WorldName {
  template <class World>
  static std::string GetName(int) {
    if (std::is_same_v<World, RealWorld>) return "Sockets";
    if (std::is_same_v<World, TlsWorld>) return "Tls";
    if (std::is_same_v<World, FramedWorld>) return "Framed";
    const bool front = requires { World::kFrontAlpn; };
    const bool back = requires { World::kServerAlpn; };
    const std::string wire = std::is_base_of_v<RealWorld, World> ? "Sockets" : "Sim";
    return wire + (front && back ? "Http2Both"
                   : front       ? "Http2Clients"
                   : back        ? "Http2Servers"
                                 : "");
  }
};
using Worlds =
    testing::Types<RealWorld, SimulatedWorld, FramedWorld, TlsWorld, Http2Clients<RealWorld>,
                   Http2Clients<SimulatedWorld>, Http2Servers<RealWorld>,
                   Http2Servers<SimulatedWorld>, Http2Both<RealWorld>, Http2Both<SimulatedWorld>>;
TYPED_TEST_SUITE(Gateway, Worlds, WorldName);

TYPED_TEST(Gateway, PassesAUnaryAnswer) {
  auto& rig = this->Start();
  const auto answer = rig.Send(kUnary, {{"x-request-id", "mine"}});
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->Find("x-request-id"), "mine");
  EXPECT_NE(rig.ServerAt(answer->Find("x-fairway-endpoint")), nullptr);
  EXPECT_NE(answer->Find("server-timing").find("pick;dur="), std::string_view::npos);
  EXPECT_NE(answer->body.find("\"usage\""), std::string::npos);
  ASSERT_EQ(rig.told.lines.size(), 1u);
  EXPECT_EQ(rig.told.lines[0].reason, "none");
  EXPECT_EQ(rig.told.lines[0].model, "m");
  ASSERT_TRUE(rig.told.lines[0].usage);
  EXPECT_EQ(rig.told.lines[0].usage->completion_tokens, 4u);
  EXPECT_EQ(rig.InFlight(), 0u);
}

TYPED_TEST(Gateway, PassesAStreamToItsEnd) {
  auto& rig = this->Start();
  const auto answer = rig.Send(kStream);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->Find("content-type").starts_with("text/event-stream"));
  EXPECT_TRUE(answer->body.ends_with("data: [DONE]\n\n")) << answer->body;
  ASSERT_EQ(rig.told.lines.size(), 1u);
  ASSERT_TRUE(rig.told.lines[0].usage);
  EXPECT_EQ(rig.told.lines[0].usage->completion_tokens, 4u);
}

TYPED_TEST(Gateway, AnswersTheModelListItself) {
  auto& rig = this->Start();
  const auto answer = rig.Send("", {}, "GET", "/v1/models");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->body.find(R"("id":"m")"), std::string::npos);
}

TYPED_TEST(Gateway, RefusesWhatCannotBeServedWithAReason) {
  auto& rig = this->Start();
  const auto expect = [&](const auto& answer, int status, std::string_view reason) {
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->Find("x-fairway-reason"), reason);
    EXPECT_NE(answer->body.find(R"({"error":{"message":)"), std::string::npos) << answer->body;
    EXPECT_FALSE(answer->Find("x-request-id").empty());
  };
  expect(rig.Send(R"({"model":"x","messages":[]})"), 404, "unknown-model");
  expect(rig.Send(R"({"model":)"), 400, "bad-request");
  expect(rig.Send("", {}, "GET"), 405, "method-not-allowed");
  expect(rig.Send("{}", {}, "POST", "/pause"), 403, "control-path");
  expect(rig.Send("", {}, "GET", "/v1/%6Dodels/../../metrics"), 403, "control-path");
  expect(rig.Send("", {}, "GET", "/v1/models/x"), 404, "unknown-model");
  for (const auto& server : rig.servers) EXPECT_EQ(server->state().received, 0u);
}

TYPED_TEST(Gateway, RefusesABodyAboveTheLimit) {
  RigOptions options;
  options.gateway.body_bytes = 1000;
  auto& rig = this->Start(options);
  const std::string body(2000, ' ');
  const auto answer = rig.Send(body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->Find("x-fairway-reason"), "too-large");
  EXPECT_NE(answer->body.find("--max-body-bytes"), std::string::npos);
}

TYPED_TEST(Gateway, ReadsALargeBodyOffTheLoop) {
  RigOptions options;
  options.gateway.offload_bytes = 10'000;
  auto& rig = this->Start(options);
  std::string body = R"({"model":"m","max_tokens":2,"messages":[{"role":"user","content":")";
  body.append(50'000, 'y');
  body += R"("}]})";
  const auto answer = rig.Send(body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
}

TYPED_TEST(Gateway, NeverForwardsWhatNamesADestination) {
  auto& rig = this->Start({.servers = 1});
  const auto answer = rig.Send(kUnary, {{"x-gateway-destination-endpoint", "6.6.6.6:1"},
                                        {"X-Fairway-Endpoint", "6.6.6.6:1"},
                                        {"x-custom", "kept"}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->Find("x-fairway-endpoint"), rig.NameOf(0));
  std::set<std::string> names;
  for (const auto& [name, value] : rig.servers[0]->state().last_fields) {
    names.insert(name);
    EXPECT_EQ(value.find("6.6.6.6"), std::string::npos) << name;
  }
  EXPECT_TRUE(names.contains("x-custom"));
  EXPECT_TRUE(names.contains("x-request-id"));
}

TYPED_TEST(Gateway, TriesTheNextServerWhenOneRefusesConnections) {
  auto& rig = this->Start({.servers = 2});
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kRefuseNew}).ok());
  for (int i = 0; i < 12; ++i) {
    const auto answer = rig.Send(kUnary);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 200);
  }
  EXPECT_GT(rig.servers[1]->state().finished, 0u);
}

TYPED_TEST(Gateway, TriesTheNextServerWhenOneCutsBeforeTheBody) {
  auto& rig = this->Start({.servers = 2});
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kClose}).ok());
  for (int i = 0; i < 4; ++i) {
    const auto answer = rig.Send(i % 2 == 0 ? kUnary : kStream);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->Find("x-fairway-endpoint"), rig.NameOf(1));
  }
}

TYPED_TEST(Gateway, SaysSoWhenEveryServerIsBusy) {
  auto& rig = this->Start({.servers = 2});
  for (const auto& server : rig.servers)
    ASSERT_TRUE(server->SetFault({.mode = FaultMode::kError, .code = 503}).ok());
  const auto answer = rig.Send(kUnary);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 502);
  EXPECT_EQ(answer->Find("x-fairway-reason"), "upstream-unavailable");
  ASSERT_EQ(rig.told.lines.size(), 1u);
  EXPECT_EQ(rig.told.lines[0].attempts, 2u);
}

TYPED_TEST(Gateway, PassesAServersOwnErrorAsItCame) {
  auto& rig = this->Start({.servers = 2});
  for (const auto& server : rig.servers)
    ASSERT_TRUE(server->SetFault({.mode = FaultMode::kError, .code = 500}).ok());
  const auto answer = rig.Send(kUnary);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->Find("x-fairway-reason"), "");
  EXPECT_EQ(rig.told.lines[0].attempts, 1u);
}

TYPED_TEST(Gateway, EndsABrokenStreamWithAnErrorEvent) {
  auto& rig = this->Start({.servers = 1});
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kClose, .after_chunks = 2}).ok());
  const auto answer = rig.Send(kStream);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->body.find(R"("code":"upstream-reset")"), std::string::npos) << answer->body;
  EXPECT_EQ(answer->body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(rig.told.lines[0].reason, "upstream-reset");
}

TYPED_TEST(Gateway, AClientThatGoesWhileWaitingFreesTheServer) {
  auto& rig = this->Start({.servers = 1});
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  {
    http::Lease lease = rig.client.Take(rig.Front());
    std::string head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n"
        "content-type: application/json\r\ncontent-length: " +
        std::to_string(kStream.size()) + "\r\n\r\n" + std::string(kStream);
    const std::array<std::string_view, 1> pieces = {head};
    auto send = [&]() -> rt::Task<void> { (void)co_await lease->Send(pieces); };
    rt::Spawn(send(), rig.gate);
    ASSERT_TRUE(rig.Until([&] { return rig.InFlight() == 1; }));
    ASSERT_TRUE(rig.Until([&] { return rig.servers[0]->state().received == 1; }));
    ASSERT_TRUE(rig.Until([&] { return rig.gate.running() == 0; }));
    lease->Abort({base::Code::kCancelled, "the test goes"});
  }
  EXPECT_TRUE(rig.Until([&] { return rig.InFlight() == 0; }));
  EXPECT_TRUE(rig.Until([&] { return rig.servers[0]->state().cancelled == 1; }));
  ASSERT_EQ(rig.told.lines.size(), 1u);
  EXPECT_EQ(rig.told.lines[0].reason, "client-gone");
  EXPECT_EQ(
      rig.pool.health.Read(rig.pool.table.members().Copy()->endpoints()[0].id, rig.world.loop.Now())
          .failures_in_a_row,
      0u);
}

TYPED_TEST(Gateway, TheSamePromptGoesToTheSameServer) {
  auto& rig = this->Start();
  std::string body = R"({"model":"m","max_tokens":2,"messages":[{"role":"user","content":")";
  body.append(3000, 'z');
  body += R"("}]})";
  std::set<std::string> endpoints;
  for (int i = 0; i < 6; ++i) {
    const auto answer = rig.Send(body);
    ASSERT_TRUE(answer.ok());
    endpoints.insert(std::string(answer->Find("x-fairway-endpoint")));
  }
  EXPECT_EQ(endpoints.size(), 1u);
}

TYPED_TEST(Gateway, KeepsEveryDecisionOfOneRequestId) {
  auto& rig = this->Start();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(rig.Send(kUnary, {{"x-request-id", "twice"}}).ok());
  int kept = 0;
  rig.director.records().ForEachNewestFirst([&](const director::DecisionRecord& record) {
    EXPECT_EQ(record.request_id.view(), "twice");
    EXPECT_EQ(record.trace.considered, 3u);
    EXPECT_EQ(record.trace.scorer_count, 7u);
    ++kept;
    return true;
  });
  EXPECT_EQ(kept, 2);
}

// What needs minutes runs where minutes cost nothing.
using GatewaySim = Gateway<SimulatedWorld>;

TEST_F(GatewaySim, LeavesAServerThatHangs) {
  auto& rig = Start({.servers = 2});
  // So that both have shown token counters.
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(rig.Send(kUnary).ok());
  rig.world.loop.RunFor(std::chrono::seconds(10));
  for (const auto& server : rig.servers)
    ASSERT_TRUE(
        server->SetFault({.mode = FaultMode::kHang, .lasts = std::chrono::seconds(20)}).ok());
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  rig.told.lines.clear();
  const base::TimePoint began = rig.world.loop.Now();
  for (int i = 0; i < 4; ++i) {
    const auto answer = rig.Send(kStream);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->Find("x-fairway-endpoint"), rig.NameOf(1));
  }
  EXPECT_LT(rig.world.loop.Now() - began, std::chrono::seconds(120));
}

TEST_F(GatewaySim, AClientThatDoesNotReadTakesNoServerOut) {
  auto& rig = Start({.servers = 2});
  // So that both have shown token counters.
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(rig.Send(kUnary).ok());
  rig.world.loop.RunFor(std::chrono::seconds(10));
  const std::string body =
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"}],"max_tokens":3000})";
  const std::string head =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-type: "
      "application/json\r\ncontent-length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  http::Lease lease = rig.client.Take(rig.front.local());
  const std::array<std::string_view, 2> pieces = {head, body};
  auto send = [&]() -> rt::Task<void> { (void)co_await lease->Send(pieces); };
  rt::Spawn(send(), rig.gate);
  rig.world.loop.RunFor(std::chrono::seconds(50));
  ASSERT_EQ(rig.InFlight(), 1u);
  EXPECT_FALSE(rig.pool.health.AnyTrouble());
  lease->Abort({base::Code::kCancelled, "the test goes"});
  EXPECT_TRUE(rig.Until([&] { return rig.InFlight() == 0; }));
}

TEST_F(GatewaySim, GivesUpAStreamThatFallsSilent) {
  RigOptions options{.servers = 1};
  options.profile = modelsim::DefaultProfile();
  options.gateway.idle = std::chrono::seconds(5);
  auto& rig = Start(options);
  std::optional<base::Result<http::FetchedResponse>> answer;
  const std::string body =
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x"}],"max_tokens":200})";
  auto send = [&]() -> rt::Task<void> {
    const std::array<http::Field, 1> fields = {{{"content-type", "application/json"}}};
    const http::FetchRequest request{
        .method = "POST", .path = "/v1/chat/completions", .fields = fields, .body = body};
    const http::FetchLimits limits{.timeout = std::chrono::hours(1)};
    net::Address at = rig.Front();
    answer.emplace(co_await http::Fetch(rig.client, std::move(at), request, limits));
  };
  rt::Spawn(send(), rig.gate);
  rig.world.loop.RunFor(std::chrono::seconds(1));
  ASSERT_FALSE(answer.has_value());
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  ASSERT_TRUE(rig.Until([&] { return answer.has_value(); }));
  ASSERT_TRUE(answer->ok());
  EXPECT_NE((*answer)->body.find(R"("code":"timeout-idle")"), std::string::npos);
}

TEST_F(GatewaySim, FirstByteAndTotalLimitsAnswer504) {
  RigOptions options{.servers = 1};
  options.gateway.first_byte = std::chrono::seconds(3);
  auto& rig = Start(options);
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  const auto answer = rig.Send(kStream);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 504);
  EXPECT_EQ(answer->Find("x-fairway-reason"), "timeout-first-byte");
}

TEST_F(GatewaySim, ATimeoutOnAKeptConnectionIsNoReasonToAskAgain) {
  RigOptions options{.servers = 1};
  options.gateway.first_byte = std::chrono::seconds(3);
  auto& rig = Start(options);
  ASSERT_TRUE(rig.Send(kUnary).ok());  // leaves a connection behind
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  const base::TimePoint began = rig.world.loop.Now();
  const auto answer = rig.Send(kUnary);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->Find("x-fairway-reason"), "timeout-first-byte");
  EXPECT_LT(rig.world.loop.Now() - began, std::chrono::seconds(5));
  EXPECT_EQ(rig.servers[0]->state().received, 2u);
}

TEST_F(GatewaySim, AServerThatDiesOverARequestTakesItFromTheRetryBudget) {
  auto& rig = Start({.servers = 1});
  ASSERT_TRUE(rig.Send(kUnary).ok());
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  auto dies = [&]() -> rt::Task<void> {
    co_await rt::Sleep(rig.world.loop, std::chrono::seconds(20));
    co_await rig.servers[0]->Stop();
  };
  rt::Spawn(dies(), rig.gate);
  const auto answer = rig.Send(kUnary);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->Find("x-fairway-reason"), "upstream-reset");
}

TEST_F(GatewaySim, NamesThatClientsMakeUpAreNoLabels) {
  auto& rig = Start({.servers = 1});
  ASSERT_EQ(rig.Send(R"({"model":"made-up","messages":[]})")->status, 404);
  ASSERT_TRUE(rig.Send(kUnary).ok());
  std::string page;
  rig.registry.Render(page);
  EXPECT_EQ(page.find("made-up"), std::string::npos);
  EXPECT_NE(page.find(R"({model="",code="404",reason="unknown-model"} 1)"), std::string::npos);
  EXPECT_NE(page.find(R"({model="m",code="200",reason="none"} 1)"), std::string::npos);
}

TEST_F(GatewaySim, ABodyThatStallsIsTheClientsFault) {
  auto& rig = Start({.servers = 1});
  http::Lease lease = rig.client.Take(rig.front.local());
  const std::array<std::string_view, 1> pieces = {
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 9\r\n\r\n{"};
  int status = 0;
  auto send = [&]() -> rt::Task<void> {
    (void)co_await lease->Send(pieces);
    const auto head = co_await lease->ReadHead();
    if (head.ok()) status = (*head)->status;
  };
  rt::Spawn(send(), rig.gate);
  ASSERT_TRUE(rig.Until([&] { return rig.gate.running() == 0; }));
  EXPECT_EQ(status, 400);
  EXPECT_EQ(rig.told.lines[0].reason, "bad-request");
}

TEST_F(GatewaySim, TheTotalLimitEndsARequestInAnyPhase) {
  RigOptions options{.servers = 1};
  options.gateway.total = std::chrono::seconds(4);
  auto& rig = Start(options);
  ASSERT_TRUE(rig.servers[0]->SetFault({.mode = FaultMode::kHang}).ok());
  const auto answer = rig.Send(kUnary);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 504);
  EXPECT_EQ(answer->Find("x-fairway-reason"), "timeout-total");
}

TEST_F(GatewaySim, OurTotalLimitIsNoFailureOfTheServer) {
  RigOptions options{.servers = 2};
  options.gateway.total = std::chrono::seconds(1);
  auto& rig = Start(options);
  for (auto& server : rig.servers) ASSERT_TRUE(server->SetFault({.mode = FaultMode::kHang}).ok());
  for (int i = 0; i < 12; ++i) ASSERT_EQ(rig.Send(kUnary)->status, 504);
  EXPECT_FALSE(rig.pool.health.AnyTrouble());
}

}  // namespace
}  // namespace fairway::test
