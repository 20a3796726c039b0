#include "modelsim/api/request.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

class ApiRequestTest : public testing::Test {
 protected:
  // The error's status, or 0.
  int Read(std::string_view body, Api api = Api::kChat, PromptText text = PromptText::kKept) {
    request_ = {};
    error_ = {};
    if (auto error = reader_.Read(api, text, body, request_))
      error_ = *error;
    else
      error_.status = 0;
    return error_.status;
  }

  ApiReader reader_;
  ApiRequest request_;
  ApiError error_;
};

TEST_F(ApiRequestTest, ReadsAChat) {
  ASSERT_EQ(Read(R"({"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},)"
                 R"({"role":"user","content":"Hi"}],"max_tokens":7,"temperature":0.5,)"
                 R"("stream":true,"stream_options":{"include_usage":true},"ignore_eos":true})"),
            0)
      << error_.message;
  EXPECT_EQ(request_.model, "m");
  EXPECT_TRUE(request_.stream);
  EXPECT_TRUE(request_.include_usage);
  EXPECT_TRUE(request_.ignore_eos);
  EXPECT_EQ(request_.max_tokens, 7u);
  EXPECT_EQ(request_.prompt, "\1system\2Be \"brief\".\1user\2Hi\1assistant\2");
  EXPECT_EQ(request_.prompt_bytes, request_.prompt.size());
}

TEST_F(ApiRequestTest, AnAnswerInTheNextPromptContinuesIt) {
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":"Hi"}]})"), 0);
  const std::string first = request_.prompt;
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":"Hi"},)"
                 R"({"role":"assistant","content":"Hello"},{"role":"user","content":"?"}]})"),
            0);
  EXPECT_TRUE(request_.prompt.starts_with(first + "Hello"));
}

TEST_F(ApiRequestTest, CountsWithoutCopying) {
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":"12345678"}]})", Api::kChat,
                 PromptText::kCounted),
            0);
  EXPECT_TRUE(request_.prompt.empty());
  EXPECT_EQ(request_.prompt_bytes, 1 + 4 + 1 + 8 + 1 + 9 + 1u);
}

TEST_F(ApiRequestTest, ReadsPartsOfContent) {
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":[{"type":"text","text":"Look:"},)"
                 R"({"type":"image_url","image_url":{"url":"x"}}]}]})"),
            0);
  EXPECT_EQ(request_.prompt, "\1user\2Look:{\"url\":\"x\"}\1assistant\2");
}

TEST_F(ApiRequestTest, ReadsACompletion) {
  ASSERT_EQ(Read(R"({"prompt":"Once upon","max_tokens":3})", Api::kCompletions), 0);
  EXPECT_EQ(request_.prompt, "Once upon");
  ASSERT_EQ(Read(R"({"prompt":["Once upon"]})", Api::kCompletions), 0);
  EXPECT_EQ(request_.prompt, "Once upon");
  ASSERT_EQ(Read(R"({"prompt":[1,20,300]})", Api::kCompletions), 0);
  EXPECT_EQ(request_.prompt_bytes, 12u);
  ASSERT_EQ(Read(R"({"prompt":["a","bc",[1,2]]})", Api::kCompletions), 0);
  EXPECT_EQ(request_.prompt, "a");
  EXPECT_EQ(request_.prompt_bytes, 1u);
  ASSERT_EQ(request_.more_prompts.size(), 2u);
  EXPECT_EQ(request_.more_prompts[0], "bc");
  EXPECT_EQ(request_.more_prompts[1].size(), 8u);
  EXPECT_EQ(Read(R"({"prompt":[]})", Api::kCompletions), 400);
  EXPECT_EQ(Read(R"({"prompt":[1,"b"]})", Api::kCompletions), 400);
  EXPECT_EQ(Read(R"({"prompt":["b",1]})", Api::kCompletions), 400);
}

TEST_F(ApiRequestTest, ReadsHowManyAndHow) {
  ASSERT_EQ(Read(R"({"messages":[{}],"n":3,"seed":-7,"priority":2,"stop":["\n","END"],)"
                 R"("logprobs":true,"top_logprobs":4})"),
            0)
      << error_.message;
  EXPECT_EQ(request_.n, 3u);
  EXPECT_EQ(request_.seed, -7);
  EXPECT_EQ(request_.priority, 2);
  EXPECT_EQ(request_.stop, (std::vector<std::string>{"\n", "END"}));
  EXPECT_EQ(request_.logprobs, 4u);
  ASSERT_EQ(Read(R"({"prompt":"x","stop":"."})", Api::kCompletions), 0);
  EXPECT_EQ(request_.stop, (std::vector<std::string>{"."}));
  EXPECT_EQ(request_.logprobs, std::nullopt);
  ASSERT_EQ(Read(R"({"prompt":"x","logprobs":2,"stop":null})", Api::kCompletions), 0);
  EXPECT_EQ(request_.logprobs, 2u);
  EXPECT_EQ(Read(R"({"prompt":["a","b"],"n":65})", Api::kCompletions), 400) << "130 answers";
  EXPECT_EQ(Read(R"({"messages":[{}],"stop":""})"), 400);
  EXPECT_EQ(Read(R"({"messages":[{}],"top_logprobs":21})"), 400);
}

TEST_F(ApiRequestTest, AllApisWriteConversationsAlike) {
  ASSERT_EQ(
      Read(R"({"messages":[{"role":"system","content":"S"},{"role":"user","content":"Hi"}]})"), 0);
  const std::string chat = request_.prompt;
  ASSERT_EQ(Read(R"({"instructions":"S","input":"Hi"})", Api::kResponses), 0) << error_.message;
  EXPECT_EQ(request_.prompt, chat);
  ASSERT_EQ(Read(R"({"instructions":"S","input":[{"role":"user","content":)"
                 R"([{"type":"input_text","text":"Hi"}]}]})",
                 Api::kResponses),
            0);
  EXPECT_EQ(request_.prompt, chat);
  ASSERT_EQ(Read(R"({"system":"S","max_tokens":5,"messages":[{"role":"user","content":)"
                 R"([{"type":"text","text":"Hi"}]}]})",
                 Api::kMessages),
            0);
  EXPECT_EQ(request_.prompt, chat);
  EXPECT_EQ(request_.prompt_bytes, chat.size());
}

TEST_F(ApiRequestTest, ReadsResponsesAndMessages) {
  ASSERT_EQ(Read(R"({"model":"m","input":"x","max_output_tokens":9,"stream":true,"store":false,)"
                 R"("previous_response_id":"resp_1"})",
                 Api::kResponses),
            0);
  EXPECT_EQ(request_.max_tokens, 9u);
  EXPECT_TRUE(request_.stream);
  EXPECT_FALSE(request_.store);
  EXPECT_EQ(request_.previous_response_id, "resp_1");
  EXPECT_EQ(Read(R"({"model":"m"})", Api::kResponses), 400);
  EXPECT_EQ(Read(R"({"input":7})", Api::kResponses), 400);
  EXPECT_EQ(Read("[]", Api::kResponses), 400);
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":"x"}],"stop_sequences":["a"]})",
                 Api::kMessages),
            0);
  EXPECT_EQ(request_.stop.size(), 1u);
  EXPECT_EQ(Read(R"({"messages":[]})", Api::kMessages), 400);
  EXPECT_EQ(Read(R"({"messages":[{"role":"user","content":"x"}],"max_tokens":0})", Api::kMessages),
            400);
  EXPECT_EQ(Read(R"({"max_tokens":3})", Api::kMessages), 400);
}

TEST_F(ApiRequestTest, NoModelIsFineAndNullsAreDefaults) {
  ASSERT_EQ(Read(R"({"messages":[{"role":"user","content":null}],"max_tokens":null,)"
                 R"("stream":null,"stream_options":null,"unheard_of":{"a":[1,{}]}})"),
            0);
  EXPECT_EQ(request_.model, "");
  EXPECT_EQ(request_.max_tokens, std::nullopt);
}

TEST_F(ApiRequestTest, MaxCompletionTokensWins) {
  ASSERT_EQ(Read(R"({"messages":[{}],"max_completion_tokens":5,"max_tokens":9})"), 0);
  EXPECT_EQ(request_.max_tokens, 5u);
  ASSERT_EQ(Read(R"({"messages":[{}],"max_tokens":9,"max_completion_tokens":5})"), 0);
  EXPECT_EQ(request_.max_tokens, 5u);
}

TEST_F(ApiRequestTest, RefusesWhatVllmRefuses) {
  EXPECT_EQ(Read(""), 400);
  EXPECT_EQ(error_.param, "body");
  EXPECT_EQ(Read(R"({"model": "tiny", "messages": [})"), 400);
  EXPECT_EQ(error_.type, "Bad Request");
  EXPECT_EQ(Read("[]"), 400);
  EXPECT_EQ(Read(R"({"messages":[]})"), 400);
  EXPECT_EQ(error_.type, "BadRequestError");
  EXPECT_EQ(Read(R"({"messages":"hi"})"), 400);
  EXPECT_EQ(error_.param, "body.messages");
  EXPECT_EQ(Read(R"({"messages":["hi"]})"), 400);
  EXPECT_EQ(Read(R"({"model":"m"})", Api::kCompletions), 400);
  EXPECT_EQ(error_.param, "body.prompt");
  EXPECT_EQ(Read(R"({"prompt":7})", Api::kCompletions), 400);
  EXPECT_EQ(Read(R"({"messages":[{}],"max_tokens":-1})"), 400);
  EXPECT_EQ(error_.message,
            "max_tokens must be at least 1, got -1. (parameter=max_tokens, value=-1)");
  EXPECT_EQ(Read(R"({"messages":[{}],"max_tokens":"many"})"), 400);
  EXPECT_EQ(Read(R"({"messages":[{}],"max_tokens":99999999999})"), 400);
  EXPECT_EQ(Read(R"({"messages":[{}],"n":0})"), 400);
  EXPECT_EQ(Read(R"({"messages":[{}],"n":129})"), 400);
  EXPECT_EQ(Read("{\"messages\":[{\"content\":\"\xff\"}]}"), 400);
  EXPECT_EQ(Read(R"({"messages":[{}]} trailing)"), 400);
}

TEST_F(ApiRequestTest, TheReaderGoesOnAfterABadBody) {
  EXPECT_EQ(Read("{"), 400);
  EXPECT_EQ(Read(R"({"messages":[{"role":"user","content":"x"}]})"), 0);
}

}  // namespace
}  // namespace fairway::modelsim
