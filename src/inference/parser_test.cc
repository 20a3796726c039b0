#include "inference/parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace fairway::inference {
namespace {

constexpr Api kChat = Api::kChatCompletions;
constexpr Api kText = Api::kCompletions;

ParsedRequest Parsed(Parser& parser, Api api, std::string_view body) {
  const auto result = parser.Parse(api, body);
  EXPECT_TRUE(result.ok()) << result.status().ToString() << "\n" << body;
  return result.ok() ? *result : ParsedRequest();
}

// The pieces as text: "role:user text:hi".
std::string Pieces(const ParsedRequest& request) {
  std::string all;
  for (const PromptPiece& piece : request.prompt) {
    constexpr std::string_view kNames[] = {"", "role:", "text:", "json:", "ids:"};
    all += all.empty() ? "" : " ";
    all += kNames[static_cast<size_t>(piece.kind)];
    all += piece.raw;
  }
  return all;
}

TEST(ParserTest, ReadsAChatRequest) {
  Parser parser;
  const std::string body =
      R"({"model": "llama", "messages":[{"role":"system","content":"Be \"terse\"."},)"
      R"({"role":"user","content":"Hi"}], "stream":true,"stream_options":{"include_usage":true},)"
      R"("max_tokens":64,"n":2,"temperature":0.5,"user":"u1","cache_salt":"s\u0031"})";
  const ParsedRequest request = Parsed(parser, kChat, body);
  EXPECT_EQ(request.api, kChat);
  EXPECT_TRUE(request.has_model);
  EXPECT_EQ(request.model, "llama");
  EXPECT_EQ(body.substr(request.model_range.offset, request.model_range.size), "\"llama\"");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(request.max_output_tokens, 64u);
  EXPECT_EQ(request.choices, 2u);
  EXPECT_EQ(request.user, "u1");
  EXPECT_EQ(request.cache_salt, "s1");
  EXPECT_EQ(Pieces(request), R"(role:system text:Be \"terse\". role:user text:Hi)");
  EXPECT_EQ(request.prompt_bytes, 6u + 13 + 4 + 2);
  EXPECT_EQ(request.estimated_prompt_tokens, 25u / 4);
}

TEST(ParserTest, EverythingIsOptional) {
  Parser parser;
  const ParsedRequest request = Parsed(parser, kChat, "{}");
  EXPECT_FALSE(request.has_model);
  EXPECT_FALSE(request.stream);
  EXPECT_EQ(request.max_output_tokens, std::nullopt);
  EXPECT_EQ(request.choices, 1u);
  EXPECT_TRUE(request.prompt.empty());
  // null is as good as absent; what is of another type is left to the engine.
  const ParsedRequest odd =
      Parsed(parser, kChat,
             R"({"model":null,"stream":null,"max_tokens":"x","n":-1,"messages":{"a":[]},"user":7,)"
             R"("stream_options":3,"cache_salt":[],"tools":null,"max_completion_tokens":1.5})");
  EXPECT_FALSE(odd.has_model);
  EXPECT_FALSE(odd.stream);
  EXPECT_EQ(odd.max_output_tokens, std::nullopt);
  EXPECT_EQ(odd.choices, 1u);
  EXPECT_TRUE(odd.prompt.empty());
  EXPECT_TRUE(odd.user.empty());
  EXPECT_TRUE(odd.cache_salt.empty());
}

TEST(ParserTest, ReadsContentPartsAndToolCalls) {
  Parser parser;
  const ParsedRequest request =
      Parsed(parser, kChat,
             R"({"messages":[{"role":"user","content":[{"type":"text","text":"What is"},)"
             R"({"type":"image_url","image_url":{"url":"data:AAAA"}},7]},)"
             R"({"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},)"
             R"("not a message",{"role":3,"content":5}]})");
  EXPECT_EQ(Pieces(request),
            R"(role:user text:What is json:{"type":"image_url","image_url":{"url":"data:AAAA"}} )"
            R"(role:assistant json:[{"id":"1"}])");
  EXPECT_EQ(request.estimated_prompt_tokens, (4 + 7 + 9 + 12) / 4 + kTokensPerMedium);
}

TEST(ParserTest, ToolsComeFirstWhereverTheyStand) {
  Parser parser;
  const std::string tools = R"([{"type":"function","function":{"name":"f"}}])";
  const std::string messages = R"([{"role":"user","content":"x"}])";
  const std::string wanted = "json:" + tools + " role:user text:x";
  const std::string last = R"({"messages":)" + messages + R"(,"tools":)" + tools + "}";
  const ParsedRequest request = Parsed(parser, kChat, last);
  EXPECT_EQ(Pieces(request), wanted);
  EXPECT_EQ(request.prompt_bytes, tools.size() + 5);
  const std::string first = R"({"tools":)" + tools + R"(,"messages":)" + messages + "}";
  EXPECT_EQ(Pieces(Parsed(parser, kChat, first)), wanted);
}

TEST(ParserTest, ReadsCompletionPrompts) {
  Parser parser;
  EXPECT_EQ(Pieces(Parsed(parser, kText, R"({"prompt":"a b"})")), "text:a b");
  EXPECT_EQ(Pieces(Parsed(parser, kText, R"({"prompt":["a","b"]})")), "text:a text:b");
  const ParsedRequest ids = Parsed(parser, kText, R"({"prompt":[1, 22,333]})");
  EXPECT_EQ(Pieces(ids), "ids:[1, 22,333]");
  EXPECT_EQ(ids.estimated_prompt_tokens, 3u);
  const ParsedRequest lists = Parsed(parser, kText, R"({"prompt":[[1,2],[3],[]]})");
  EXPECT_EQ(Pieces(lists), "ids:[1,2] ids:[3] ids:[]");
  EXPECT_EQ(lists.estimated_prompt_tokens, 3u);
  EXPECT_EQ(Pieces(Parsed(parser, kText, R"({"prompt":[]})")), "");
  EXPECT_EQ(Pieces(Parsed(parser, kText, R"({"prompt":{"a":1}})")), "");
  // A chat's members mean nothing to text completions, and the other way round.
  EXPECT_EQ(Pieces(Parsed(parser, kText, R"({"messages":[{"role":"u"}],"tools":[1]})")), "");
  EXPECT_EQ(Pieces(Parsed(parser, kChat, R"({"prompt":"a"})")), "");
}

TEST(ParserTest, MaxCompletionTokensWins) {
  Parser parser;
  const auto most = [&](Api api, std::string_view body) {
    return Parsed(parser, api, body).max_output_tokens;
  };
  EXPECT_EQ(most(kChat, R"({"max_tokens":5,"max_completion_tokens":7})"), 7u);
  EXPECT_EQ(most(kChat, R"({"max_completion_tokens":7,"max_tokens":5})"), 7u);
  EXPECT_EQ(most(kChat, R"({"max_completion_tokens":null,"max_tokens":5})"), 5u);
  EXPECT_EQ(most(kText, R"({"max_completion_tokens":7})"), std::nullopt);
  EXPECT_EQ(most(kText, R"({"max_tokens":0})"), 0u);
}

TEST(ParserTest, EscapedNamesAreTheSameNames) {
  Parser parser;
  const ParsedRequest request =
      Parsed(parser, kChat, R"({"\u006dodel":"a\/b","str\u0065am":true})");
  EXPECT_EQ(request.model, "a/b");
  EXPECT_EQ(request.model_range.size, 6u);
  EXPECT_TRUE(request.stream);
  // A malformed escape makes it another name, even where what comes before it is one of ours.
  EXPECT_FALSE(Parsed(parser, kChat, R"({"mod\u0065l\uel":"b"})").has_model);
}

TEST(ParserTest, LastOfTwoCountsAsEnginesHaveIt) {
  Parser parser;
  const ParsedRequest request = Parsed(
      parser, kChat,
      R"({"stream":true,"stream":false,"messages":[{"role":"a"}],"messages":[{"role":"b"}]})");
  EXPECT_FALSE(request.stream);
  EXPECT_EQ(Pieces(request), "role:b");
  EXPECT_EQ(request.prompt_bytes, 1u);
}

TEST(ParserTest, RefusesWhatCouldBeReadTwoWays) {
  Parser parser;
  const auto param = [&](std::string_view body) {
    const auto result = parser.Parse(kChat, body);
    EXPECT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.status().code(), base::Code::kInvalid) << body;
    EXPECT_FALSE(result.status().message().empty());
    return std::string(parser.error_param());
  };
  EXPECT_EQ(param(R"({"model":"a","model":"b"})"), "model");
  EXPECT_EQ(param(R"({"model":"a","model":"a"})"), "model");
  EXPECT_EQ(param(R"({"model":null,"model":"a"})"), "model");
  EXPECT_EQ(param(R"({"model":"a","mod\u0065l":"b"})"), "model");
  EXPECT_EQ(param(R"({"model":3})"), "model");
  EXPECT_EQ(param(R"({"model":["a"]})"), "model");
  EXPECT_EQ(param(R"({"model":"a\q"})"), "model");
  EXPECT_EQ(param(R"({"stream":"yes"})"), "stream");
  EXPECT_EQ(param(R"({"stream":1})"), "stream");
  for (const std::string_view body :
       {"", " ", "[]", "null", "\"x\"", "{", "{\"a\":1,}", "{} {}", "{\"a\":\"\xff\"}",
        R"({"messages":[{"role":"user","content":[{"text":"a"]}]})", R"({"prompt":[1,2})",
        R"({"messages":[}]})", R"({"tools":[)", R"({"stream":tru})", R"({"model":"a)"}) {
    EXPECT_EQ(param(body), "") << body;
  }
}

TEST(ParserTest, DepthIsALimitOfOurs) {
  Parser parser;
  const auto body = [](size_t depth) {
    return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(parser.Parse(kChat, body(63)).ok());
  EXPECT_EQ(parser.Parse(kChat, body(64)).status().code(), base::Code::kExhausted);
}

TEST(ParserTest, EveryCutIsRefusedAndEveryFlipSurvived) {
  Parser parser;
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"h\n"},)"
      R"({"type":"image_url"}]}],"stream":true,"tools":[{"a":[1,2.5e3,null]}],"n":1})";
  ASSERT_TRUE(parser.Parse(kChat, body).ok());
  for (size_t size = 0; size < body.size(); ++size) {
    // Exactly that many bytes on the heap: AddressSanitizer sees the first byte read beyond.
    const std::unique_ptr<char[]> cut(new char[size]);
    std::memcpy(cut.get(), body.data(), size);
    EXPECT_FALSE(parser.Parse(kChat, {cut.get(), size}).ok()) << size;
  }
  for (size_t i = 0; i < body.size(); ++i) {
    for (const char c : {'"', '{', '}', '[', ']', ',', ':', '\\', '0', '\0', '\xff'}) {
      std::string flipped = body;
      flipped[i] = c;
      (void)parser.Parse(kChat, flipped);
      (void)parser.Parse(kText, flipped);
    }
  }
  EXPECT_TRUE(parser.Parse(kChat, body).ok());
}

TEST(ParserTest, PiecesAreBoundedAndStillCounted) {
  Parser parser;
  std::string body = R"({"prompt":["a")";
  const size_t prompts = PromptReader::kMaxPieces + 100;
  for (size_t i = 1; i < prompts; ++i) body += R"(,"a")";
  body += "]}";
  const ParsedRequest request = Parsed(parser, kText, body);
  EXPECT_EQ(request.prompt.size(), PromptReader::kMaxPieces);
  EXPECT_EQ(request.prompt_bytes, prompts);
}

TEST(ParserTest, ReadsAResponsesRequest) {
  Parser parser;
  const ParsedRequest request =
      Parsed(parser, Api::kResponses,
             R"({"input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]},)"
             R"({"type":"function_call","name":"f","arguments":"{}"},)"
             R"({"type":"function_call_output","call_id":"c","output":"42"}],"model":"m",)"
             R"("instructions":"Be kind","tools":[1],"max_output_tokens":9,"stream":true,)"
             R"("previous_response_id":"resp_1","background":true})");
  EXPECT_EQ(Pieces(request), R"(json:[1] text:Be kind role:user text:Hi json:"{}" text:42)");
  EXPECT_EQ(request.max_output_tokens, 9u);
  EXPECT_EQ(request.previous_response_id, "resp_1");
  EXPECT_TRUE(request.background);
  EXPECT_EQ(Pieces(Parsed(parser, Api::kResponses, R"({"input":"Hello"})")), "text:Hello");
}

TEST(ParserTest, ReadsAnAnthropicRequest) {
  Parser parser;
  const std::string body =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"Hi"},)"
      R"({"type":"image","source":{"data":"AAAA"}},{"type":"tool_result","content":"42"}]}],)"
      R"("model":"m","system":[{"type":"text","text":"Be brief"}],"max_tokens":5})";
  const ParsedRequest request = Parsed(parser, Api::kMessages, body);
  EXPECT_TRUE(Pieces(request).starts_with("text:Be brief role:user text:Hi json:{"));
  EXPECT_EQ(request.max_output_tokens, 5u);
  // The picture counts as one; everything else by its bytes.
  const uint64_t text =
      8 + 4 + 2 + std::string_view(R"({"type":"tool_result","content":"42"})").size();
  EXPECT_EQ(request.estimated_prompt_tokens, text / kBytesPerToken + kTokensPerMedium);
  EXPECT_EQ(Pieces(Parsed(parser, Api::kCountTokens, R"({"system":"S","messages":[]})")), "text:S");
}

TEST(ParserTest, ReadsWhatIsEmbeddedRankedAndScored) {
  Parser parser;
  EXPECT_EQ(Pieces(Parsed(parser, Api::kEmbeddings, R"({"input":["a","b"]})")), "text:a text:b");
  EXPECT_EQ(Pieces(Parsed(parser, Api::kEmbeddings, R"({"input":[1,2,3]})")), "ids:[1,2,3]");
  EXPECT_EQ(Pieces(Parsed(parser, Api::kRerank,
                          R"({"query":"q","documents":["a",{"text":"b"}],"top_n":1})")),
            "text:q text:a text:b");
  EXPECT_EQ(Pieces(Parsed(parser, Api::kScore, R"({"text_1":"a","text_2":["b","c"]})")),
            "text:a text:b text:c");
  EXPECT_EQ(Pieces(Parsed(parser, Api::kAudio, R"({"input":"say","voice":"v"})")), "text:say");
  EXPECT_EQ(Pieces(Parsed(parser, Api::kImages, R"({"prompt":"a cat"})")), "text:a cat");
}

TEST(ParserTest, OfAnUnknownPathOnlyTheModelIsRead) {
  Parser parser;
  const ParsedRequest request =
      Parsed(parser, Api::kNone, R"({"model":"m","stream":3,"prompt":"x","messages":[]})");
  EXPECT_EQ(request.model, "m");
  EXPECT_FALSE(request.stream);
  EXPECT_TRUE(request.prompt.empty());
  EXPECT_FALSE(parser.Parse(Api::kNone, R"({"model":"m","model":"n"})").ok());
}

}  // namespace
}  // namespace fairway::inference
