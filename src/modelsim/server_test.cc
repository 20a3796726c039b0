#include "modelsim/server.h"

#include <gtest/gtest.h>

#include "base/source_dir.h"
#include "modelsim/fixture.h"
#include "modelsim/json_shape.h"
#include "modelsim/profile.h"
#include "modelsim/server_world.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

class ServerTest : public testing::Test, protected ServerWorld {
 protected:
  void TearDown() override { End(); }
};

TEST_F(ServerTest, AnswersUnaryChats) {
  Begin(Stepping());
  const auto answer = Post(kChat, ChatBody(R"(,"max_tokens":5)"), {{"x-request-id", "abc"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.Find("content-type"), "application/json");
  EXPECT_EQ(JsonShape(answer.body), JsonShape(ReadRecorded(base::kSourceDir, "chat_unary").body));
  json::Reader reader;
  const json::Value root = Parse(reader, answer.body);
  EXPECT_EQ(root["id"].String(), "chatcmpl-abc");
  EXPECT_EQ(root["usage"]["completion_tokens"].Int(), 5);
  EXPECT_EQ(root["choices"].Elements().at(0)["finish_reason"].String(), "length");
  EXPECT_EQ(root["choices"].Elements().at(0)["message"]["content"].String()->size(), 20u);
  EXPECT_EQ((loop_.Now() - began_) / 1ms, 50) << "a step a token";
  EXPECT_EQ(server_->state().finished, 1u);
}

TEST_F(ServerTest, MakesIdsUp) {
  Begin(InstantProfile());
  std::string ids[2];
  for (std::string& id : ids) {
    json::Reader reader;
    const auto answer = Post(kChat, ChatBody());
    id = Parse(reader, answer.body)["id"].String().value_or("");
    EXPECT_EQ(id.size(), std::string_view("chatcmpl-0123456789abcdef").size()) << id;
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(ServerTest, AnswersCompletions) {
  Begin(Stepping());
  const auto answer = Post("/v1/completions", R"({"prompt":"Once upon","max_tokens":3})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonShape(answer.body),
            JsonShape(ReadRecorded(base::kSourceDir, "completions_unary").body));
}

TEST_F(ServerTest, DrawsALengthWithoutMaxTokens) {
  Profile profile = Stepping();
  profile.output_tokens_min = 5;
  profile.output_tokens_max = 9;
  Begin(profile);
  json::Reader reader;
  const auto answer = Post(kChat, ChatBody());
  const json::Value root = Parse(reader, answer.body);
  EXPECT_GE(root["usage"]["completion_tokens"].Int(), 5);
  EXPECT_LE(root["usage"]["completion_tokens"].Int(), 9);
  EXPECT_EQ(root["choices"].Elements().at(0)["finish_reason"].String(), "stop");
}

TEST_F(ServerTest, StreamsATokenAStep) {
  Begin(Stepping());
  const auto client = Raw(PostText(
      kChat, ChatBody(R"(,"max_tokens":4,"stream":true,"stream_options":{"include_usage":true})")));
  loop_.RunFor(5ms);
  EXPECT_TRUE(client->received().starts_with("HTTP/1.1 200")) << "the head does not wait";
  EXPECT_TRUE(client->received().ends_with("\r\n\r\n")) << client->received();
  std::vector<size_t> events;
  for (int step = 0; step < 5; ++step) {
    loop_.RunFor(10ms);
    Recorded so_far;
    so_far.body = client->received();
    events.push_back(so_far.Events().size());
  }
  EXPECT_EQ(events, (std::vector<size_t>{2, 3, 4, 7, 7})) << "role, tokens, usage, [DONE]";
  Recorded ours;
  ours.body = client->received();
  const auto got = ours.Events();
  const auto recorded = ReadRecorded(base::kSourceDir, "chat_stream_usage").Events();
  EXPECT_EQ(JsonShape(got[0]), JsonShape(recorded[0]));
  EXPECT_EQ(JsonShape(got[1]), JsonShape(recorded[1]));
  EXPECT_EQ(JsonShape(got[4]), JsonShape(recorded[recorded.size() - 3]));
  EXPECT_EQ(JsonShape(got[5]), JsonShape(recorded[recorded.size() - 2]));
  EXPECT_EQ(got[6], "[DONE]");
  client->Finish();
  loop_.RunFor(1s);
}

TEST_F(ServerTest, AStreamSaysWhatUnarySays) {
  Begin(Stepping());
  json::Reader reader;
  const auto unary = Post(kChat, ChatBody(R"(,"max_tokens":7)"));
  const json::Value root = Parse(reader, unary.body);
  const auto whole = root["choices"].Elements().at(0)["message"]["content"].String();
  const auto stream = Post(kChat, ChatBody(R"(,"max_tokens":7,"stream":true)"));
  EXPECT_EQ(stream.Find("content-type"), "text/event-stream; charset=utf-8");
  Recorded events;
  events.body = stream.body;
  std::string joined;
  for (const std::string& event : events.Events()) {
    if (event == "[DONE]") continue;
    json::Reader each;
    for (const json::Value& choice : Parse(each, event)["choices"].Elements()) {
      joined += choice["delta"]["content"].String().value_or("");
    }
  }
  EXPECT_EQ(joined, whole);
}

TEST_F(ServerTest, InstantStreamsComeWhole) {
  Begin(InstantProfile());
  const auto answer = Post(kChat, ChatBody(R"(,"max_tokens":1000,"stream":true)"));
  Recorded events;
  events.body = answer.body;
  EXPECT_EQ(events.Events().size(), 1002u);
  EXPECT_LT(loop_.Now() - began_, 2ms) << "only the network took time";
}

TEST_F(ServerTest, CachedTokensAreReal) {
  Begin(Stepping());
  const std::string text(1000, 'x');
  json::Reader reader;
  auto answer = Post(kChat, ChatBody(R"(,"max_tokens":2)", text));
  json::Value usage = Parse(reader, answer.body)["usage"];
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"].Int(), 0);
  answer = Post(kChat, ChatBody(R"(,"max_tokens":2)", text));
  usage = Parse(reader, answer.body)["usage"];
  const int64_t prompt_tokens = *usage["prompt_tokens"].Int();
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"].Int(), (prompt_tokens - 1) / 16 * 16);
}

TEST_F(ServerTest, RefusesAsRecorded) {
  Begin(Stepping());
  const auto check = [&](const char* name, std::string_view body) {
    const Recorded recorded = ReadRecorded(base::kSourceDir, name);
    const auto answer = Post(kChat, body);
    EXPECT_EQ(answer.status, recorded.status) << name;
    EXPECT_EQ(JsonShape(answer.body), JsonShape(recorded.body)) << name << answer.body;
    json::Reader ours;
    json::Reader theirs;
    const json::Value error = Parse(ours, answer.body)["error"];
    const json::Value expected = Parse(theirs, recorded.body)["error"];
    for (const char* key : {"type", "code"})
      EXPECT_EQ(error[key].Raw(), expected[key].Raw()) << name;
    return answer.body;
  };
  check("err_empty_body", "");
  check("err_bad_json", R"({"model": "tiny", "messages": [})");
  check("err_missing_messages", R"({"model":"tiny"})");
  check("err_empty_messages", R"({"model":"tiny","messages":[]})");
  check("err_max_tokens_zero", ChatBody(R"(,"max_tokens":0)"));
  check("err_n0", ChatBody(R"(,"n":0)"));
  check("err_stream_options_without_stream", ChatBody(R"(,"stream_options":{})"));
  const std::string unknown = check("err_bad_model", R"({"model":"nope","messages":[{}]})");
  EXPECT_EQ(unknown, ReadRecorded(base::kSourceDir, "err_bad_model").body) << "names the alias";
  EXPECT_EQ(server_->state().refused, 8u);
}

TEST_F(ServerTest, RefusesWhatDoesNotFit) {
  ModelServerOptions options;
  options.max_body_bytes = 64 * 1024;
  Begin(Stepping(), options);
  EXPECT_EQ(Post(kChat, ChatBody("", std::string(9000, 'x'))).status, 400);
  EXPECT_EQ(Post(kChat, ChatBody(R"(,"max_tokens":5000)")).status, 400);
  const auto answer = Post(kChat, std::string(64 * 1024 + 1, ' '));
  EXPECT_EQ(answer.status, 413) << answer.body;
}

TEST_F(ServerTest, WantsJson) {
  Begin(Stepping());
  const auto client =
      Raw("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
          "content-type: text/plain\r\nconnection: close\r\n"
          "content-length: 2\r\n\r\n{}");
  loop_.RunUntil([&] { return client->ended(); }, 1s);
  EXPECT_TRUE(client->received().starts_with("HTTP/1.1 400"));
}

TEST_F(ServerTest, AFullQueueIs503) {
  Begin(Stepping());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(
        Raw(PostText(kChat, ChatBody(R"(,"max_tokens":50)"), "connection: close\r\n")));
  }
  loop_.RunFor(30ms);
  const std::string page = Fetch("GET", "/metrics").body;
  EXPECT_NE(page.find("vllm:num_requests_running{engine=\"0\",model_name=\"tiny\"} 2.0\n"),
            std::string::npos);
  EXPECT_NE(page.find("vllm:num_requests_waiting{engine=\"0\",model_name=\"tiny\"} 2.0\n"),
            std::string::npos);
  EXPECT_TRUE(clients[4]->ended());
  const std::string& refused = clients[4]->received();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
  EXPECT_EQ(JsonShape(refused.substr(refused.find("\r\n\r\n") + 4)),
            JsonShape(ReadRecorded(base::kSourceDir, "overload_503_unary").body));
  loop_.RunFor(3s);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(clients[i]->received().starts_with("HTTP/1.1 200")) << i;
}

TEST_F(ServerTest, ADisconnectFreesAtOnce) {
  Begin(Stepping());
  for (const bool stream : {true, false}) {
    for (const bool reset : {true, false}) {
      const uint64_t before = server_->state().cancelled;
      const auto client = Raw(PostText(
          kChat, ChatBody(stream ? R"(,"max_tokens":900,"stream":true)" : R"(,"max_tokens":900)")));
      loop_.RunFor(105ms);
      EXPECT_EQ(server_->engine().running(), 1u);
      reset ? client->Reset() : client->Finish();
      loop_.RunFor(5ms);
      EXPECT_EQ(server_->engine().running(), 0u) << stream << reset;
      EXPECT_EQ(server_->engine().kv().free_blocks(), 256u);
      EXPECT_EQ(server_->state().cancelled, before + 1);
      loop_.RunFor(10s);
      EXPECT_TRUE(client->ended());
    }
  }
}

TEST_F(ServerTest, ADisconnectWhileWaitingFreesTheQueue) {
  Begin(Stepping());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Raw(PostText(kChat, ChatBody(R"(,"max_tokens":20,"stream":true)"))));
  }
  loop_.RunFor(25ms);
  EXPECT_EQ(server_->engine().waiting(), 2u);
  clients[3]->Reset();
  loop_.RunFor(5ms);
  EXPECT_EQ(server_->engine().waiting(), 1u);
  for (const auto& client : clients) client->Reset();
  loop_.RunFor(100ms);
}

TEST_F(ServerTest, TellsAboutItself) {
  ModelServerOptions options;
  options.adapters = {"lora-a"};
  Begin(Stepping(), options);
  EXPECT_EQ(Fetch("GET", "/health").status, 200);
  EXPECT_EQ(Fetch("GET", "/ping").status, 200);
  EXPECT_EQ(Fetch("GET", "/version").status, 200);
  EXPECT_EQ(Fetch("GET", "/load").body, R"({"server_load":0})");
  EXPECT_EQ(Fetch("GET", "/v1/nothing").body, R"({"detail":"Not Found"})");
  EXPECT_EQ(Fetch("GET", kChat).status, 405);
  json::Reader reader;
  const std::string models = Fetch("GET", "/v1/models").body;
  const auto list = Parse(reader, models)["data"].Elements();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["id"].String(), "tiny");
  EXPECT_EQ(list[1]["parent"].String(), "tiny");
}

TEST_F(ServerTest, AdaptersShowWhileTheyRun) {
  ModelServerOptions options;
  options.adapters = {"lora-a"};
  Begin(Stepping(), options);
  const auto client = Raw(PostText(
      kChat, R"({"model":"lora-a","messages":[{"role":"user","content":"x"}],"max_tokens":9})",
      "connection: close\r\n"));
  loop_.RunFor(20ms);
  EXPECT_NE(Fetch("GET", "/metrics").body.find("running_lora_adapters=\"lora-a\""),
            std::string::npos);
  loop_.RunFor(200ms);
  EXPECT_NE(client->received().find("\"model\":\"lora-a\""), std::string::npos);
}

TEST_F(ServerTest, StateIsAJudgeForTests) {
  Begin(Stepping());
  Post("/v1/chat/completions?x=1", ChatBody(R"(,"max_tokens":3)"), {{"x-trace", "t1"}});
  json::Reader reader;
  const std::string text = Fetch("GET", "/sim/state").body;
  const json::Value state = Parse(reader, text);
  EXPECT_EQ(state["received"].Int(), 1);
  EXPECT_EQ(state["finished"].Int(), 1);
  EXPECT_EQ(state["cancelled"].Int(), 0);
  EXPECT_EQ(state["running"].Int(), 0);
  EXPECT_EQ(state["generation_tokens"].Int(), 3);
  EXPECT_EQ(state["fault"].String(), "none");
  EXPECT_EQ(state["last_request"]["target"].String(), "/v1/chat/completions?x=1");
  bool seen = false;
  for (const json::Value& header : state["last_request"]["headers"].Elements()) {
    const auto pair = header.Elements();
    seen |= pair.at(0).String() == "x-trace" && pair.at(1).String() == "t1";
  }
  EXPECT_TRUE(seen) << text;
}

TEST_F(ServerTest, AThousandIdleServersDoNothing) {
  const Profile profile = *LoadProfile("h100-llama-3.1-8b");
  const auto story = std::make_shared<const Story>(profile.seed);
  std::vector<std::unique_ptr<ModelServer>> servers;
  for (uint16_t i = 0; i < 1000; ++i) {
    servers.push_back(std::make_unique<ModelServer>(server_network_, profile,
                                                    ModelServerOptions{.story = story}));
    ASSERT_TRUE(servers.back()->Listen({"10.0.0.1", static_cast<uint16_t>(9000 + i)}).ok());
  }
  EXPECT_TRUE(loop_.RunUntilIdle(1s)) << "a timer runs in a server that nobody asked";
  EXPECT_EQ(loop_.Now(), began_);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Begin(Stepping());
  const auto client = Raw(PostText(kChat, ChatBody(R"(,"max_tokens":2)"), "x-request-id: one\r\n") +
                          PostText(kChat, ChatBody(R"(,"max_tokens":2,"stream":true)"),
                                   "x-request-id: two\r\nconnection: close\r\n"));
  loop_.RunUntil([&] { return client->ended(); }, 2s);
  const size_t one = client->received().find("chatcmpl-one");
  const size_t two = client->received().find("chatcmpl-two");
  EXPECT_NE(one, std::string::npos);
  EXPECT_NE(two, std::string::npos);
  EXPECT_LT(one, two);
  EXPECT_TRUE(client->received().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(client->saw_fin());
}

}  // namespace
}  // namespace fairway::modelsim
