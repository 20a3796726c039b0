// The APIs beside plain chats and completions.
#include <gtest/gtest.h>

#include "base/source_dir.h"
#include "modelsim/fixture.h"
#include "modelsim/json_shape.h"
#include "modelsim/server_world.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

class ServerApiTest : public testing::Test, protected ServerWorld {
 protected:
  void SetUp() override { Begin(Stepping()); }
  void TearDown() override { End(); }

  // The answer's JSON; good until the next call.
  json::Value Ask(std::string_view path, std::string_view body, int status = 200) {
    text_ = Post(path, body);
    EXPECT_EQ(text_.status, status) << text_.body;
    return Parse(reader_, text_.body);
  }
  static Recorded Fixture(const std::string& name) { return ReadRecorded(base::kSourceDir, name); }

  http::FetchedResponse text_;
  json::Reader reader_;
};

TEST_F(ServerApiTest, SeveralAnswersToOnePrompt) {
  const json::Value root = Ask(kChat, ChatBody(R"(,"max_tokens":6,"n":2)"));
  const auto choices = root["choices"].Elements();
  ASSERT_EQ(choices.size(), 2u);
  EXPECT_EQ(choices[1]["index"].Int(), 1);
  EXPECT_NE(choices[0]["message"]["content"].String(), choices[1]["message"]["content"].String());
  EXPECT_EQ(root["usage"]["completion_tokens"].Int(), 12);
  const json::Value one = Ask(kChat, ChatBody(R"(,"max_tokens":6)"));
  EXPECT_EQ(one["usage"]["prompt_tokens"].Int(), 6);
}

TEST_F(ServerApiTest, StreamsOfSeveralAnswersSayWhatUnarySays) {
  const std::string more = R"(,"max_tokens":6,"n":2,"stop":"zq")";
  std::vector<std::string> whole;
  for (const json::Value& choice : Ask(kChat, ChatBody(more))["choices"].Elements()) {
    whole.push_back(*choice["message"]["content"].String());
  }
  Recorded stream;
  stream.body = Post(kChat, ChatBody(more + R"(,"stream":true)")).body;
  std::vector<std::string> joined(2);
  for (const std::string& event : stream.Events()) {
    if (event == "[DONE]") continue;
    for (const json::Value& choice : Parse(reader_, event)["choices"].Elements()) {
      joined[static_cast<size_t>(*choice["index"].Int())] +=
          choice["delta"]["content"].String().value_or("");
    }
  }
  EXPECT_EQ(joined, whole);
}

TEST_F(ServerApiTest, SeveralPromptsInOneRequest) {
  const json::Value root =
      Ask("/v1/completions", R"({"prompt":["Once upon","a time"],"max_tokens":2})");
  EXPECT_EQ(JsonShape(text_.body), JsonShape(Fixture("completions_batch_prompts").body));
  EXPECT_EQ(root["usage"]["prompt_tokens"].Int(), 5);
  EXPECT_EQ(root["usage"]["completion_tokens"].Int(), 4);
}

TEST_F(ServerApiTest, AQueueTakesAllOrNothing) {
  Ask(kChat, ChatBody(R"(,"max_tokens":6,"n":5)"), 503);
  EXPECT_EQ(server_->engine().running() + server_->engine().waiting(), 0u);
  Ask(kChat, ChatBody(R"(,"max_tokens":6,"n":4)"));
}

TEST_F(ServerApiTest, StopStringsEndStreamsInMidToken) {
  json::Value root = Ask(kChat, ChatBody(R"(,"max_tokens":30)"));
  const std::string whole = *root["choices"].Elements().at(0)["message"]["content"].String();
  const std::string stop = whole.substr(41, 3);
  const std::string more = R"(,"max_tokens":30,"stop":[")" + stop + "\"]";
  root = Ask(kChat, ChatBody(more));
  const json::Value choice = root["choices"].Elements().at(0);
  EXPECT_EQ(choice["message"]["content"].String(), whole.substr(0, whole.find(stop)));
  EXPECT_EQ(choice["stop_reason"].String(), stop);
  EXPECT_EQ(choice["finish_reason"].String(), "stop");
  Recorded stream;
  stream.body = Post(kChat, ChatBody(more + R"(,"stream":true)")).body;
  std::string joined;
  for (const std::string& event : stream.Events()) {
    if (event == "[DONE]") continue;
    const json::Value parsed = Parse(reader_, event);
    joined += parsed["choices"].Elements().at(0)["delta"]["content"].String().value_or("");
  }
  EXPECT_EQ(joined, whole.substr(0, whole.find(stop)));
}

TEST_F(ServerApiTest, LogprobsCoverEveryToken) {
  json::Value root = Ask(kChat, ChatBody(R"(,"max_tokens":3,"logprobs":true,"top_logprobs":2)"));
  const auto tokens = root["choices"].Elements().at(0)["logprobs"]["content"].Elements();
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_LE(*tokens[0]["logprob"].Double(), 0);
  EXPECT_EQ(tokens[0]["top_logprobs"].Elements().size(), 2u);
  root = Ask("/v1/completions", R"({"prompt":"x","max_tokens":3,"logprobs":1})");
  const json::Value logprobs = root["choices"].Elements().at(0)["logprobs"];
  EXPECT_EQ(logprobs["tokens"].Elements().size(), 3u);
  EXPECT_EQ(logprobs["text_offset"].Elements().at(2).Int(), 8);
}

TEST_F(ServerApiTest, ResponsesGoOnWhereTheyWere) {
  const std::string first = *Ask("/v1/responses", R"({"input":")" + std::string(400, 'x') +
                                                      R"(","max_output_tokens":8})")["id"]
                                 .String();
  EXPECT_EQ(JsonShape(text_.body), JsonShape(Fixture("responses_unary").body));
  const std::string kept = text_.body;
  EXPECT_EQ(Fetch("GET", "/v1/responses/" + first).body, kept);
  const json::Value second =
      Ask("/v1/responses",
          R"({"input":"and then?","max_output_tokens":4,"previous_response_id":")" + first + "\"}");
  EXPECT_EQ(second["previous_response_id"].String(), first);
  EXPECT_GT(second["usage"]["input_tokens"].Int(), 108) << "question, answer, question";
  EXPECT_GE(second["usage"]["input_tokens_details"]["cached_tokens"].Int(), 96);
}

TEST_F(ServerApiTest, UnknownResponsesAreNotFound) {
  Ask("/v1/responses", R"({"input":"x","previous_response_id":"resp_none"})", 404);
  EXPECT_EQ(Fetch("GET", "/v1/responses/resp_none").status, 404);
  const std::string id =
      *Ask("/v1/responses", R"({"input":"x","max_output_tokens":1,"store":false})")["id"].String();
  EXPECT_EQ(Fetch("GET", "/v1/responses/" + id).status, 404) << "it was not to be stored";
}

TEST_F(ServerApiTest, StreamedResponsesAreKeptToo) {
  Recorded stream;
  stream.body = Post("/v1/responses", R"({"input":"x","max_output_tokens":3,"stream":true})").body;
  const std::string last = stream.Events().back();
  const std::string id = *Parse(reader_, last)["response"]["id"].String();
  const auto kept = Fetch("GET", "/v1/responses/" + id);
  EXPECT_EQ(kept.status, 200);
  EXPECT_NE(last.find(kept.body), std::string::npos);
}

TEST_F(ServerApiTest, Messages) {
  constexpr std::string_view kAsk =
      R"({"model":"tiny","max_tokens":4,"messages":[{"role":"user","content":"hello"}]})";
  json::Value root = Ask("/v1/messages", kAsk);
  EXPECT_EQ(JsonShape(text_.body), JsonShape(Fixture("messages_anthropic").body));
  EXPECT_EQ(root["usage"]["output_tokens"].Int(), 4);
  const int64_t input = *root["usage"]["input_tokens"].Int();
  EXPECT_EQ(Ask("/v1/messages/count_tokens", kAsk)["input_tokens"].Int(), input);
  root = Ask("/v1/messages", R"({"model":"tiny","messages":3})", 400);
  EXPECT_EQ(root["type"].String(), "error");
}

TEST_F(ServerApiTest, Embeddings) {
  json::Value root = Ask("/v1/embeddings", R"({"input":["the sea","the sea","a hill"]})");
  const auto data = root["data"].Elements();
  ASSERT_EQ(data.size(), 3u);
  EXPECT_EQ(data[0]["embedding"].Elements().size(), 256u);
  EXPECT_EQ(data[0]["embedding"].Raw(), data[1]["embedding"].Raw());
  EXPECT_NE(data[0]["embedding"].Raw(), data[2]["embedding"].Raw());
  EXPECT_EQ(root["usage"]["total_tokens"].Int(), 6);
  root = Ask("/v1/embeddings", R"({"input":[1,2,3],"dimensions":3,"encoding_format":"base64"})");
  EXPECT_EQ(root["data"].Elements().at(0)["embedding"].String()->size(), 16u);
  Ask("/v1/embeddings", R"({"model":"tiny"})", 400);
  Ask("/v1/embeddings", R"({"input":[]})", 400);
  Ask("/v1/embeddings", R"({"input":"x","model":"other"})", 404);
  EXPECT_EQ(server_->engine().stats().generation_tokens, 0u);
  EXPECT_EQ(server_->state().finished, 2u);
}

TEST_F(ServerApiTest, RerankPutsTheLikeliestFirst) {
  const json::Value root =
      Ask("/v1/rerank", R"({"query":"cold sea","documents":["tax forms","the cold sea",)"
                        R"("a warm sea"],"top_n":2})");
  const auto results = root["results"].Elements();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0]["index"].Int(), 1);
  EXPECT_EQ(results[0]["document"]["text"].String(), "the cold sea");
  EXPECT_GT(*results[0]["relevance_score"].Double(), *results[1]["relevance_score"].Double());
  const json::Value scores = Ask("/score", R"({"text_1":"sea","text_2":["sea","hill"]})");
  EXPECT_EQ(scores["data"].Elements().size(), 2u);
  EXPECT_GT(*scores["data"].Elements()[0]["score"].Double(), 0.99);
}

TEST_F(ServerApiTest, TokensAreTheirText) {
  json::Value root = Ask("/tokenize", R"({"prompt":"The licenses","return_token_strs":true})");
  EXPECT_EQ(root["count"].Int(), 3);
  EXPECT_EQ(root["token_strs"].Elements().at(0).String(), "The ");
  const std::string ids(root["tokens"].Raw());
  EXPECT_EQ(Ask("/detokenize", "{\"tokens\":" + ids + "}")["prompt"].String(), "The licenses");
  const std::string by_ids =
      *Ask("/v1/completions", R"({"max_tokens":4,"prompt":)" + ids + "}")["choices"]
           .Elements()
           .at(0)["text"]
           .String();
  EXPECT_EQ(Ask("/v1/completions", R"({"max_tokens":4,"prompt":"The licenses"})")["choices"]
                .Elements()
                .at(0)["text"]
                .String(),
            by_ids);
  root = Ask("/tokenize", ChatBody());
  EXPECT_EQ(root["count"].Int(), 6);
  EXPECT_EQ(root["token_strs"].kind(), json::Kind::kNull);
}

class ServerLoraTest : public ServerApiTest {
 protected:
  void SetUp() override {
    Profile profile = Stepping();
    profile.max_loras = 1;
    ModelServerOptions options;
    options.adapters = {"lora-a"};
    Begin(profile, options);
  }
  static std::string Named(std::string_view name) {
    return R"({"lora_name":")" + std::string(name) + R"(","lora_path":"/adapters/x"})";
  }
  void Check(const char* name, std::string_view path, std::string_view body) {
    const Recorded recorded = Fixture(name);
    const auto answer = Post(path, body);
    EXPECT_EQ(answer.status, recorded.status) << name;
    EXPECT_EQ(answer.body, recorded.body) << name;
  }
};

TEST_F(ServerLoraTest, AdaptersComeAndGoAsRecorded) {
  constexpr std::string_view kLoad = "/v1/load_lora_adapter";
  constexpr std::string_view kUnload = "/v1/unload_lora_adapter";
  Check("lora_load_b", kLoad, Named("lora-b"));
  Check("lora_load_b_twice", kLoad, Named("lora-b"));
  Check("lora_load_missing", kLoad, R"({"lora_name":"lora-x","lora_path":"/nonexistent"})");
  EXPECT_EQ(Post(kLoad, "{}").status, 400);
  const std::string ask = R"({"model":"lora-b","max_tokens":2,"prompt":"x"})";
  EXPECT_EQ(Ask("/v1/completions", ask)["model"].String(), "lora-b");
  EXPECT_NE(Fetch("GET", "/v1/models").body.find("lora-b"), std::string::npos);
  Check("lora_unload_b", kUnload, Named("lora-b"));
  Check("lora_unload_b_twice", kUnload, Named("lora-b"));
  Ask("/v1/completions", ask, 404);
  EXPECT_EQ(Fetch("GET", "/v1/models").body.find("lora-b"), std::string::npos);
}

TEST_F(ServerLoraTest, OneSlotMakesAdaptersWait) {
  EXPECT_EQ(Post("/v1/load_lora_adapter", Named("lora-b")).status, 200);
  const auto ask = [&](std::string_view model) {
    return Raw(PostText("/v1/completions",
                        R"({"max_tokens":20,"prompt":"x","model":")" + std::string(model) + "\"}",
                        "connection: close\r\n"));
  };
  const auto first = ask("lora-a");
  const auto second = ask("lora-b");
  loop_.RunFor(50ms);
  EXPECT_NE(Fetch("GET", "/metrics")
                .body.find("vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters="
                           "\"lora-a\",waiting_lora_adapters=\"lora-b\"}"),
            std::string::npos);
  // Unloaded under its request, which goes on.
  EXPECT_EQ(Post("/v1/unload_lora_adapter", Named("lora-b")).status, 200);
  loop_.RunFor(1s);
  EXPECT_TRUE(first->received().starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(second->received().starts_with("HTTP/1.1 200"));
}

TEST_F(ServerApiTest, WithoutSlotsThereAreNoAdapters) {
  EXPECT_EQ(Post("/v1/load_lora_adapter", R"({"lora_name":"a","lora_path":"/x"})").status, 400);
}

}  // namespace
}  // namespace fairway::modelsim
