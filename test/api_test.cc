// Every API through the gateway: which server a request goes to, that its bytes arrive as they were
// sent, what is refused, and what becomes of answers that fail in the ways of real engines.

#include <gtest/gtest.h>

#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kForm = "multipart/form-data; boundary=b";

template <class World>
class Apis : public testing::Test {
 protected:
  GatewayRig<World>& Start(RigOptions options = {}) {
    options.servers = 0;
    rig_.emplace(std::move(options));
    return *rig_;
  }
  std::optional<GatewayRig<World>> rig_;
};

struct WorldName {
  template <class World>
  static std::string GetName(int) {
    if (std::is_same_v<World, RealWorld>) return "Sockets";
    return std::is_same_v<World, FramedWorld> ? "Framed" : "Sim";
  }
};
using Worlds = testing::Types<RealWorld, SimulatedWorld, FramedWorld>;
TYPED_TEST_SUITE(Apis, Worlds, WorldName);

template <class Rig>
void Pass(Rig& rig, base::Duration time) {
  const base::TimePoint until = rig.world.loop.Now() + time;
  EXPECT_TRUE(rig.Until([&] { return rig.world.loop.Now() >= until; }));
}

struct Call {
  std::string_view path;
  std::string_view body;
  std::string_view type = "application/json";
};

TYPED_TEST(Apis, EachGoesToWhoServesItsModelAsItCame) {
  auto& rig = this->Start();
  ScriptedServer& other = rig.AddScripted({"a"});
  ScriptedServer& server = rig.AddScripted({"b"});
  const std::vector<Call> calls = {
      {"/v1/chat/completions", R"({"seed" : 9007199254740993,"messages":[],"model":"b"})"},
      {"/v1/completions", R"({"prompt":"x","model":"\u0062"})"},
      {"/v1/embeddings?x=1", R"({"input":["x"],"model":"b"})"},
      {"/v1/responses", R"({"input":"x","model":"b"})"},
      {"/v1/messages", R"({"system":"s","messages":[],"model":"b","max_tokens":1})"},
      {"/v1/messages/count_tokens", R"({"messages":[],"model":"b"})"},
      {"/rerank", R"({"query":"q","documents":["d"],"model":"b"})"},
      {"/v1/score", R"({"text_1":"q","text_2":"d","model":"b"})"},
      {"/v1/audio/speech", R"({"input":"q","model":"b"})"},
      {"/v1/audio/transcriptions",
       "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\xff\xfe\r\n"
       "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nb\r\n--b--\r\n",
       kForm},
      {"/v1/images/generations", R"({"prompt":"q","model":"b"})"},
      {"/tokenize", R"({"prompt":"q","model":"b"})"},
      {"/some/new/path", R"({"model":"b"})"}};
  for (const Call& call : calls) {
    const auto answer = rig.Send(call.body, {{"content-type", call.type}}, "POST", call.path);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->status, 200) << call.path << answer->body;
    ASSERT_FALSE(server.seen.empty());
    EXPECT_EQ(server.seen.back()->Line(), "POST " + std::string(call.path));
    EXPECT_EQ(server.seen.back()->body, call.body) << call.path;
    EXPECT_EQ(server.seen.back()->Find("content-type"), call.type);
  }
  EXPECT_EQ(server.seen.size(), calls.size());
  EXPECT_TRUE(other.seen.empty());
  EXPECT_EQ(rig.told.lines.back().model, "b");
}

TYPED_TEST(Apis, WithoutAModelOneBaseModelIsEnough) {
  auto& rig = this->Start();
  rig.AddScripted({"a"});
  EXPECT_EQ(rig.Send(R"({"input":"x"})", {}, "POST", "/v1/embeddings")->status, 200);
  EXPECT_EQ(rig.Send("\xff", {{"content-type", "audio/wav"}}, "PUT", "/x")->status, 200);
  rig.AddScripted({"b"});
  const auto refused = rig.Send(R"({"input":"x"})", {}, "POST", "/v1/embeddings");
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find("a, b"), std::string::npos) << refused->body;
  EXPECT_EQ(rig.Send("\xff", {{"content-type", "audio/wav"}}, "PUT", "/x")->status, 400);
  // What has no body asks for no model.
  EXPECT_EQ(rig.Send("", {}, "GET", "/version")->status, 200);
}

TYPED_TEST(Apis, TwoModelsInOneBodyAreRefusedEverywhere) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"a"});
  for (const std::string_view path : {"/v1/embeddings", "/v1/responses", "/v1/messages", "/x"}) {
    const auto answer = rig.Send(R"({"model":"a","model":"a"})", {}, "POST", path);
    EXPECT_EQ(answer->status, 400) << path;
    EXPECT_EQ(answer->Find("x-fairway-reason"), "bad-request");
  }
  EXPECT_TRUE(server.seen.empty());
}

TYPED_TEST(Apis, PathsThatControlAServerPassOnlyIfTheyAreNamed) {
  RigOptions options;
  options.gateway.pass_paths = {"/Tokenizer_Info", "/metrics"};
  auto& rig = this->Start(options);
  ScriptedServer& server = rig.AddScripted({"a"});
  for (const std::string_view path : {"/sleep", "/v1/load_lora_adapter", "//update_weights/"})
    EXPECT_EQ(rig.Send("{}", {}, "POST", path)->status, 403) << path;
  EXPECT_TRUE(server.seen.empty());
  EXPECT_EQ(rig.Send("", {}, "GET", "/metrics")->body, "none");
}

TYPED_TEST(Apis, ModelsAreListedAndDescribed) {
  auto& rig = this->Start();
  rig.AddScripted({"org/a", "b"});
  EXPECT_NE(rig.Send("", {}, "GET", "/v1/models")->body.find(R"("id":"org/a")"), std::string::npos);
  const auto one = rig.Send("", {}, "GET", "/v1/models/org%2Fa");
  EXPECT_EQ(one->status, 200);
  EXPECT_TRUE(one->body.starts_with(R"({"id":"org/a","object":"model")")) << one->body;
  EXPECT_EQ(rig.Send("", {}, "GET", "/v1/models/c")->status, 404);
}

TYPED_TEST(Apis, AModelThatIsGoneIsAskedForAgain) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"a", "b"});
  ASSERT_EQ(rig.Send(R"({"model":"b"})")->status, 200);
  server.models = {"a"};
  server.script = ScriptedServer::Answer(404, R"({"error":{"message":"no such model"}})");
  // The server's own answer goes through; soon the gateway knows better itself.
  Pass(rig, 1500ms);
  EXPECT_EQ(rig.Send(R"({"model":"b"})")->Find("x-fairway-reason"), "");
  const size_t asked = server.models_asked;
  ASSERT_TRUE(rig.Until([&] { return server.models_asked > asked; }));
  Pass(rig, 200ms);
  EXPECT_EQ(rig.Send(R"({"model":"b"})")->Find("x-fairway-reason"), "unknown-model");
}

// Responses with ids of their own, as long as a server is asked for some.
ScriptedServer::Script StoresResponses(std::string id) {
  return [id](http::Exchange& exchange, const ScriptedServer::Seen&) -> rt::Task<void> {
    const std::string body = R"({"object":"response","status":"completed","id":")" + id + "\"}";
    (void)co_await exchange.Respond(200, "application/json", body);
  };
}

TYPED_TEST(Apis, AStoredResponseIsAskedOfWhoKeepsIt) {
  auto& rig = this->Start();
  ScriptedServer& first = rig.AddScripted({"m"});
  ScriptedServer& second = rig.AddScripted({"m"});
  // Each once while the other takes nothing.
  const auto make = [&](ScriptedServer& by, ScriptedServer& other, const std::string& id) {
    other.script = ScriptedServer::Cut();
    by.script = StoresResponses(id);
    EXPECT_EQ(rig.Send(R"({"model":"m","input":"x"})", {}, "POST", "/v1/responses")->status, 200);
  };
  make(first, second, "resp_1");
  make(second, first, "resp_2");
  first.script = StoresResponses("resp_1");
  first.seen.clear();
  second.seen.clear();
  for (int i = 0; i < 5; ++i) {
    (void)rig.Send(R"({"model":"m","input":"x","previous_response_id":"resp_2"})", {}, "POST",
                   "/v1/responses");
    (void)rig.Send("", {}, "GET", "/v1/responses/resp_1");
    (void)rig.Send("", {}, "POST", "/v1/responses/resp_2/cancel");
    (void)rig.Send("", {}, "DELETE", "/v1/responses/resp_1");
  }
  EXPECT_EQ(first.seen.size(), 10u);
  EXPECT_EQ(second.seen.size(), 10u);
  for (const auto& seen : first.seen) EXPECT_TRUE(seen->target.ends_with("resp_1")) << seen->target;
  // What nobody told us of, anybody may answer.
  EXPECT_EQ(rig.Send("", {}, "GET", "/v1/responses/resp_9")->status, 200);
  for (const model::Endpoint& endpoint : rig.pool.table.members().Copy()->endpoints()) {
    if (endpoint.name == first.name()) {
      EXPECT_TRUE(rig.pool.table.Remove(endpoint.id));
    }
  }
  rig.pool.Publish();
  const auto gone = rig.Send("", {}, "GET", "/v1/responses/resp_1");
  EXPECT_EQ(gone->status, 404);
  EXPECT_EQ(gone->Find("x-fairway-reason"), "unknown-response");
}

TYPED_TEST(Apis, WhatChangesAServersStateIsNeverSentTwice) {
  auto& rig = this->Start();
  ScriptedServer& first = rig.AddScripted({"m"});
  ScriptedServer& second = rig.AddScripted({"m"});
  first.script = second.script = ScriptedServer::Cut();
  const std::vector<Call> once = {
      {"/v1/responses", R"({"model":"m","input":"x","previous_response_id":"resp_0"})"},
      {"/v1/responses", R"({"model":"m","input":"x","background":true})"},
      {"/unknown", R"({"model":"m"})"}};
  size_t sent = 0;
  for (const Call& call : once) {
    const auto answer = rig.Send(call.body, {}, "POST", call.path);
    EXPECT_EQ(answer->status, 502);
    EXPECT_EQ(answer->Find("x-fairway-reason"), "upstream-reset");
    EXPECT_EQ(first.seen.size() + second.seen.size(), ++sent) << call.body;
  }
  // A new response has no id yet that anybody could know.
  (void)rig.Send(R"({"model":"m","input":"x"})", {}, "POST", "/v1/responses");
  EXPECT_EQ(first.seen.size() + second.seen.size(), sent + 2);
  (void)rig.Send("", {}, "GET", "/unknown");
  EXPECT_EQ(first.seen.size() + second.seen.size(), sent + 4);
}

TYPED_TEST(Apis, ARewrittenModelIsSplicedAndPutBack) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"org/llama"});
  director::Pools pools = director::OnePool(rig.brain);
  pools.rewrites["gpt"] = {{.model = "org/llama"}};
  rig.director.Use(std::move(pools));
  server.script = ScriptedServer::Answer(
      200, R"({"id":"x","model":"org/llama","choices":[{"text":"\"model\":\"org/llama\""}]})");
  const auto unary = rig.Send(R"({"seed": 9007199254740993,"model" : "gpt", "z":1, "messages":[]})",
                              {{"accept-encoding", "gzip"}});
  EXPECT_EQ(server.seen.back()->body,
            R"({"seed": 9007199254740993,"model" : "org/llama", "z":1, "messages":[]})");
  EXPECT_EQ(server.seen.back()->Find("content-length"),
            std::to_string(server.seen.back()->body.size()));
  EXPECT_EQ(server.seen.back()->Find("accept-encoding"), "");
  EXPECT_EQ(unary->body,
            R"({"id":"x","model":"gpt","choices":[{"text":"\"model\":\"org/llama\""}]})");
  EXPECT_EQ(rig.told.lines.back().model, "gpt");

  const std::string event =
      R"({"model":"org/llama","choices":[{"delta":{"content":"x"},"finish_reason":null}]})";
  server.script = ScriptedServer::Stream({event, event, "[DONE]"}, 1ms);
  const auto stream = rig.Send(R"({"model":"gpt","stream":true,"messages":[]})");
  const std::string mapped =
      R"(data: {"model":"gpt","choices":[{"delta":{"content":"x"},"finish_reason":null}]})"
      "\n\n";
  EXPECT_EQ(stream->body, mapped + mapped + "data: [DONE]\n\n");
}

constexpr std::string_view kRole =
    R"({"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]})";
constexpr std::string_view kWord =
    R"({"choices":[{"delta":{"content":"hi"},"finish_reason":null}]})";
constexpr std::string_view kStop = R"({"choices":[{"delta":{},"finish_reason":"stop"}]})";
constexpr std::string_view kAbort = R"({"choices":[{"delta":{},"finish_reason":"abort"}]})";
constexpr std::string_view kDied =
    R"({"error":{"message":"EngineCore encountered an issue.","type":"x","code":500}})";

std::vector<std::string> Events(std::initializer_list<std::string_view> events) {
  return {events.begin(), events.end()};
}

TYPED_TEST(Apis, AStreamThatAShutdownEmptiesIsAskedOfAnother) {
  for (const auto& emptied : {Events({kRole, kAbort, "[DONE]"}), Events({kRole, "[DONE]"}),
                              Events({kRole, kDied, "[DONE]"})}) {
    auto& rig = this->Start();
    ScriptedServer& first = rig.AddScripted({"m"});
    ScriptedServer& second = rig.AddScripted({"m"});
    // Whichever is asked first gives up.
    bool gave_up = false;
    const auto script = [&](http::Exchange& exchange,
                            const ScriptedServer::Seen& seen) -> rt::Task<void> {
      const bool gives_up = !std::exchange(gave_up, true);
      const auto answer =
          ScriptedServer::Stream(gives_up ? emptied : Events({kRole, kWord, kStop, "[DONE]"}), 5ms);
      co_await answer(exchange, seen);
    };
    first.script = second.script = script;
    const auto answer = rig.Send(R"({"model":"m","stream":true,"messages":[]})");
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->body, "data: " + std::string(kRole) + "\n\ndata: " + std::string(kWord) +
                                "\n\ndata: " + std::string(kStop) + "\n\ndata: [DONE]\n\n");
    EXPECT_EQ(rig.told.lines.back().attempts, 2u);
    EXPECT_EQ(rig.told.lines.back().reason, "none");
    this->rig_.reset();
  }
}

TYPED_TEST(Apis, AStreamThatFailsLaterCountsAsAFailure) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"m"});
  const auto failures = [&] {
    const model::EndpointId id = rig.pool.table.members().Copy()->endpoints()[0].id;
    return rig.pool.health.Read(id, rig.world.loop.Now()).failures_in_a_row;
  };
  server.script = ScriptedServer::Stream(Events({kRole, kWord, kDied, "[DONE]"}), 1ms);
  const auto answer = rig.Send(R"({"model":"m","stream":true,"messages":[]})");
  EXPECT_TRUE(answer->body.ends_with("data: [DONE]\n\n"));
  EXPECT_EQ(rig.told.lines.back().reason, "upstream-error");
  EXPECT_EQ(failures(), 1u);
  server.script = ScriptedServer::Stream(Events({kWord, kAbort, "[DONE]"}), 1ms);
  (void)rig.Send(R"({"model":"m","stream":true,"messages":[]})");
  EXPECT_EQ(rig.told.lines.back().reason, "upstream-aborted");
  EXPECT_EQ(failures(), 2u);
  // The client's own fault says nothing about the server.
  server.script = ScriptedServer::Stream(
      {std::string(kWord), R"({"error":{"message":"too long","code":400}})", "[DONE]"}, 1ms);
  (void)rig.Send(R"({"model":"m","stream":true,"messages":[]})");
  EXPECT_EQ(failures(), 0u);
}

TYPED_TEST(Apis, AnAnswerOfOursNamesTheServerAndThePhase) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"m"});
  server.script = ScriptedServer::Cut();
  const auto cut = rig.Send(R"({"model":"m"})");
  EXPECT_EQ(cut->status, 502);
  EXPECT_NE(cut->body.find("(server " + server.name() + ", phase first-byte)"), std::string::npos)
      << cut->body;
  // As vLLM says it, of any kind of error.
  server.script = ScriptedServer::Answer(
      500, R"({"error":{"message":"cannot schedule new futures after shutdown"}})");
  const auto shut = rig.Send(R"({"model":"m"})");
  EXPECT_EQ(shut->status, 502);
  EXPECT_EQ(shut->Find("x-fairway-reason"), "upstream-unavailable");
  EXPECT_EQ(shut->Find("retry-after"), "1");
  for (const std::string_view own :
       {R"({"error":{"message":"bad"}})", R"({"detail":"Not Found"})"}) {
    server.script = ScriptedServer::Answer(400, std::string(own));
    EXPECT_EQ(rig.Send(R"({"model":"m"})")->body, own);
  }
}

TYPED_TEST(Apis, AUnaryAnswerGivenUpIsAskedOfAnother) {
  const std::vector<std::pair<std::string_view, std::string_view>> given_up = {
      {"/v1/chat/completions", R"({"choices":[{"message":{},"finish_reason":"abort"}]})"},
      {"/v1/messages", R"({"type":"message","content":[],"stop_reason":null})"},
      {"/v1/responses", R"({"object":"response","id":"resp_1","status":"cancelled"})"}};
  auto& rig = this->Start();
  ScriptedServer& first = rig.AddScripted({"m"});
  ScriptedServer& second = rig.AddScripted({"m"});
  for (const auto& [path, body] : given_up) {
    first.script = ScriptedServer::Answer(200, std::string(body));
    second.script = ScriptedServer::Answer(200, R"({"whole":1})");
    const auto answer = rig.Send(R"({"model":"m"})", {}, "POST", path);
    EXPECT_EQ(answer->body, R"({"whole":1})") << path;
  }
}

// Of sessions alone, which travel in a header and a cookie.
std::shared_ptr<const sched::Profile> SessionProfile(data::Pool& pool,
                                                     const director::Brain& brain) {
  sched::HostNeeds needs;
  sched::Context context{.name = "s", .learned = pool.learned, .needs = needs};
  const sched::PluginSpec* spec = sched::FindSpec(plugins::All(), "session-affinity-scorer");
  auto scorer = std::get<sched::Make<sched::Scorer>>(spec->make)({}, context);
  EXPECT_TRUE(scorer.ok());
  auto profile = std::make_shared<sched::Profile>();
  profile->scorers.push_back({spec, "s", *std::move(scorer), 1});
  profile->picker = brain.profile().Copy()->picker;
  profile->session = {.header = "x-session-token", .cookie = "fairway"};
  return profile;
}

TYPED_TEST(Apis, ASessionStaysWhereItBeganByHeaderOrCookie) {
  auto& rig = this->Start();
  for (int i = 0; i < 4; ++i)
    rig.AddScripted({"m"}).script = [](http::Exchange& exchange,
                                       const ScriptedServer::Seen&) -> rt::Task<void> {
      const std::array<http::Field, 1> forged = {{{"x-session-token", "forged"}}};
      (void)co_await exchange.Respond(200, "application/json", "{}", forged);
    };
  rig.brain.Use(SessionProfile(rig.pool, rig.brain));
  director::Pools pools = director::OnePool(rig.brain);
  pools.sessions = std::make_shared<const identity::SessionTokens>(
      *identity::SessionTokens::Create("a key of at least sixteen bytes"));
  rig.director.Use(std::move(pools));
  const auto first = rig.Send(R"({"model":"m"})");
  const std::string token(first->Find("x-session-token"));
  EXPECT_GT(token.size(), 20u);
  EXPECT_TRUE(first->Find("set-cookie").starts_with("fairway=" + token + "; Path=/"));
  const std::string cookie = "a=b; fairway=" + token;
  for (int i = 0; i < 12; ++i) {
    const auto next = i % 2 == 0 ? rig.Send(R"({"model":"m"})", {{"x-session-token", token}})
                                 : rig.Send(R"({"model":"m"})", {{"cookie", cookie}});
    EXPECT_EQ(next->Find("x-fairway-endpoint"), first->Find("x-fairway-endpoint"));
    EXPECT_EQ(next->Find("x-session-token"), token);
  }
}

TYPED_TEST(Apis, BytesThatAreNoJsonAreNotHeldBack) {
  auto& rig = this->Start();
  ScriptedServer& server = rig.AddScripted({"m"});
  server.script = [&](http::Exchange& exchange, const ScriptedServer::Seen&) -> rt::Task<void> {
    const std::array<http::Field, 1> fields = {{{"content-type", "audio/wav"}}};
    (void)co_await exchange.Begin(200, fields);
    (void)co_await exchange.Send("RIFF");
    // The rest only comes once the gateway has passed the beginning on.
    while (!rig.director.records().written() || rig.told.lines.empty()) {
      bool began = false;
      rig.director.records().ForEachNewestFirst([&](const director::DecisionRecord& record) {
        began = record.first_byte > base::Duration(0);
        return false;
      });
      if (began) break;
      co_await rt::Sleep(exchange.loop(), 1ms);
    }
    (void)co_await exchange.Send("data");
    (void)co_await exchange.End();
  };
  const auto answer = rig.Send(R"({"model":"m","input":"x"})", {}, "POST", "/v1/audio/speech");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "RIFFdata");
  EXPECT_EQ(answer->Find("content-type"), "audio/wav");
}

}  // namespace
}  // namespace fairway::test
