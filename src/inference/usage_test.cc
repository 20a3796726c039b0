#include "inference/usage.h"

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/source_dir.h"

namespace fairway::inference {
namespace {

// The body of a recorded answer, chunks joined.
std::string RecordedBody(const std::string& name) {
  std::ifstream file(std::string(base::kSourceDir) + "/test/fixtures/vllm/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream all;
  all << file.rdbuf();
  const std::string raw = all.str();
  const size_t head = raw.find("\r\n\r\n");
  std::string body = raw.substr(head + 4);
  if (raw.find("transfer-encoding: chunked") > head) return body;
  std::string joined;
  for (size_t at = 0;;) {
    size_t size = 0;
    const size_t line = body.find("\r\n", at);
    std::from_chars(body.data() + at, body.data() + line, size, 16);
    if (size == 0) return joined;
    joined += body.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
}

std::vector<std::string> Events(const std::string& body) {
  std::vector<std::string> events;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("data: ")) events.push_back(line.substr(6));
  }
  return events;
}

AnswerFacts FactsOf(const std::vector<std::string>& events) {
  UsageReader reader;
  AnswerFacts facts;
  for (const std::string& event : events) reader.ReadEvent(event, facts);
  return facts;
}

TEST(UsageTest, UnaryChatAsRecorded) {
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadBody(RecordedBody("chat_unary.http"), facts);
  const Usage wanted = {
      .prompt_tokens = 188, .completion_tokens = 24, .total_tokens = 212, .cached_tokens = 0};
  EXPECT_EQ(facts.usage, wanted);
  EXPECT_EQ(facts.finish, FinishReason::kLength);
  EXPECT_FALSE(facts.error);
}

TEST(UsageTest, UnaryCompletionAsRecorded) {
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadBody(RecordedBody("completions_unary.http"), facts);
  const Usage wanted = {
      .prompt_tokens = 16, .completion_tokens = 8, .total_tokens = 24, .cached_tokens = 0};
  EXPECT_EQ(facts.usage, wanted);
  EXPECT_EQ(facts.finish, FinishReason::kLength);
}

TEST(UsageTest, StreamAsRecorded) {
  const std::vector<std::string> events = Events(RecordedBody("chat_stream_usage.http"));
  ASSERT_GT(events.size(), 20u);
  const AnswerFacts facts = FactsOf(events);
  ASSERT_TRUE(facts.usage.has_value());
  EXPECT_EQ(facts.usage->prompt_tokens, 188u);
  EXPECT_EQ(facts.usage->completion_tokens, 24u);
  EXPECT_EQ(facts.finish, FinishReason::kLength);
  EXPECT_TRUE(facts.done);
  EXPECT_FALSE(facts.error);
  // Only the finish and the usage are worth a parse.
  size_t parsed = 0;
  for (const std::string& event : events) parsed += MayHoldFacts(event) ? 1 : 0;
  EXPECT_EQ(parsed, 2u);
}

TEST(UsageTest, ContinuousUsageKeepsTheLatest) {
  const AnswerFacts facts = FactsOf(Events(RecordedBody("chat_stream_continuous_usage.http")));
  ASSERT_TRUE(facts.usage.has_value());
  EXPECT_EQ(facts.usage->prompt_tokens, 188u);
  EXPECT_EQ(facts.usage->completion_tokens, 6u);
  EXPECT_TRUE(facts.done);
}

TEST(UsageTest, EngineCrashWithinA200Stream) {
  const AnswerFacts facts = FactsOf(Events(RecordedBody("engine_crash_stream_tail.http")));
  EXPECT_TRUE(facts.error);
  EXPECT_EQ(facts.error_code, 500);
  EXPECT_TRUE(facts.error_message.starts_with("EngineCore encountered an issue"));
  EXPECT_TRUE(facts.done);
  EXPECT_FALSE(facts.usage.has_value());
}

TEST(UsageTest, AbortWinsOverOtherFinishes) {
  AnswerFacts facts = FactsOf({R"({"choices":[{"index":0,"finish_reason":"stop"}]})",
                               R"({"choices":[{"index":1,"finish_reason":"abort"}]})",
                               R"({"choices":[{"index":2,"finish_reason":"length"}]})"});
  EXPECT_EQ(facts.finish, FinishReason::kAbort);
  facts = FactsOf({R"({"choices":[{"finish_reason":"tool_calls"}]})"});
  EXPECT_EQ(facts.finish, FinishReason::kOther);
}

TEST(UsageTest, ErrorsInEveryShape) {
  AnswerFacts facts = FactsOf({R"({"error": "overloaded \"now\""})"});
  EXPECT_TRUE(facts.error);
  EXPECT_EQ(facts.error_message, "overloaded \"now\"");
  EXPECT_EQ(facts.error_code, 0);
  facts = FactsOf({R"({"error" : {"code":"x","message":null}})"});
  EXPECT_TRUE(facts.error);
  facts = FactsOf({R"({"error":null,"choices":[]})"});
  EXPECT_FALSE(facts.error);
  facts = FactsOf({R"({"error":{"message":")" + std::string(10000, 'x') + R"("}})"});
  EXPECT_LE(facts.error_message.size(), 512u);
}

TEST(UsageTest, TextThatTalksOfUsageIsNotUsage) {
  const std::string event =
      R"({"choices":[{"delta":{"content":"{\"usage\":{\"prompt_tokens\":9},\"error\":1}"},)"
      R"("finish_reason":null}],"usage":null})";
  EXPECT_FALSE(MayHoldFacts(event));
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadBody(event, facts);
  EXPECT_FALSE(facts.usage.has_value());
  EXPECT_FALSE(facts.error);
}

TEST(UsageTest, WhatCannotBeReadChangesNothing) {
  UsageReader reader;
  AnswerFacts facts;
  for (const std::string_view body :
       {"", "[DONE", R"({"usage":{"prompt_tokens":5})", R"({"usage":{"prompt_tokens":5}}x)",
        R"([{"usage":{"prompt_tokens":5}}])", R"({"usage":7,"choices":3})",
        "Internal Server Error"}) {
    reader.ReadEvent(body, facts);
    reader.ReadBody(body, facts);
    EXPECT_FALSE(facts.usage.has_value()) << body;
  }
  reader.ReadBody(R"({"usage":{"prompt_tokens":-5,"completion_tokens":"7"}})", facts);
  EXPECT_EQ(facts.usage, Usage());
  reader.ReadBody(R"({"usage":{"prompt_tokens":5,"completion_tokens":2}})", facts);
  EXPECT_EQ(facts.usage->total_tokens, 7u);
}

TEST(MayHoldFactsTest, FindsItAtEveryOffset) {
  for (size_t offset = 0; offset < 70; ++offset) {
    for (size_t tail = 0; tail < 40; tail += 3) {
      const std::string before = "{" + std::string(offset, ' ');
      const std::string after = std::string(tail, ' ') + "}";
      EXPECT_TRUE(MayHoldFacts(before + R"("usage":{})" + after));
      EXPECT_TRUE(MayHoldFacts(before + R"("error" :"x")" + after));
      EXPECT_TRUE(MayHoldFacts(before + R"("finish_reason":"stop")" + after));
      EXPECT_FALSE(MayHoldFacts(before + R"("usage": null)" + after));
      EXPECT_FALSE(MayHoldFacts(before + R"("usages":1)" + after));
      EXPECT_FALSE(MayHoldFacts(before + R"("usage)" + after));
    }
  }
  EXPECT_FALSE(MayHoldFacts(""));
  EXPECT_FALSE(MayHoldFacts("\""));
  EXPECT_FALSE(MayHoldFacts("\"u"));
  EXPECT_FALSE(MayHoldFacts("\"usage\":"));
}

AnswerFacts OpeningOf(std::string_view event) {
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadOpening(event, facts);
  return facts;
}

TEST(OpeningTest, ARoleAndAnEmptyTextAreNoContent) {
  for (const std::string_view event :
       {R"({"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
        R"({"choices":[{"delta":{"content":null,"tool_calls":[]}}]})", R"({"choices":[]})",
        R"({"choices":[{"text":""}]})", R"({"type":"message_start","message":{"usage":{}}})",
        R"({"type":"response.created","response":{"id":"resp_1"}})", R"({"type":"ping"})"}) {
    EXPECT_FALSE(OpeningOf(event).content) << event;
  }
}

TEST(OpeningTest, WhatAClientShowsIsContent) {
  for (const std::string_view event :
       {R"({"choices":[{"delta":{"content":"x"}}]})", R"({"choices":[{"text":"x"}]})",
        R"({"choices":[{"delta":{"role":"assistant","reasoning":"hm"}}]})",
        R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})",
        R"({"type":"content_block_delta","delta":{"text":"x"}})",
        R"({"type":"response.output_text.delta","delta":"x"})", "no json", R"({"other":1})"}) {
    EXPECT_TRUE(OpeningOf(event).content) << event;
  }
}

TEST(OpeningTest, AnErrorIsNoContentButAFact) {
  const AnswerFacts facts = OpeningOf(R"({"error":{"message":"gone","code":500}})");
  EXPECT_FALSE(facts.content);
  EXPECT_TRUE(facts.error);
  EXPECT_EQ(facts.error_code, 500);
}

TEST(UsageTest, AnthropicTellsItsUsageInTwoEvents) {
  const AnswerFacts facts =
      FactsOf({R"({"type":"message_start","message":{"stop_reason":null,)"
               R"("usage":{"input_tokens":4,"output_tokens":1,"cache_read_input_tokens":3,)"
               R"("cache_creation_input_tokens":7}}})",
               R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},)"
               R"("usage":{"output_tokens":8}})"});
  const Usage wanted = {
      .prompt_tokens = 14, .completion_tokens = 8, .total_tokens = 22, .cached_tokens = 3};
  EXPECT_EQ(facts.usage, wanted);
  EXPECT_EQ(facts.finish, FinishReason::kStop);
}

TEST(UsageTest, ReadsARecordedResponse) {
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadBody(RecordedBody("responses_unary.http"), facts);
  EXPECT_EQ(facts.usage->prompt_tokens, 15u);
  EXPECT_EQ(facts.usage->completion_tokens, 8u);
  EXPECT_EQ(facts.response_id, "resp_8d9bc224ab77c4fe");
  EXPECT_EQ(facts.finish, FinishReason::kLength);
}

TEST(UsageTest, ReadsARecordedStreamOfResponses) {
  const std::vector<std::string> events = Events(RecordedBody("responses_stream.http"));
  UsageReader reader;
  AnswerFacts facts;
  for (const std::string& event : events) {
    if (facts.content) {
      reader.ReadEvent(event, facts);
    } else {
      reader.ReadOpening(event, facts);
    }
  }
  EXPECT_EQ(facts.response_id, "resp_b6c7963121887051");
  ASSERT_TRUE(facts.usage);
  EXPECT_EQ(facts.usage->completion_tokens, 8u);
}

TEST(UsageTest, AnAnswerGivenUpIsAnAbortInEveryApi) {
  for (const std::string_view body : {R"({"type":"message","content":[],"stop_reason":null})",
                                      R"({"object":"response","id":"resp_1","status":"cancelled"})",
                                      R"({"choices":[{"finish_reason":"abort"}]})"}) {
    UsageReader reader;
    AnswerFacts facts;
    reader.ReadBody(body, facts);
    EXPECT_EQ(facts.finish, FinishReason::kAbort) << body;
  }
}

}  // namespace
}  // namespace fairway::inference
