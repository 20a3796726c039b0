#include "inference/model_mapper.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace fairway::inference {
namespace {

using Form = ModelMapper::Form;
const ModelRewrite kRewrite{.from = "gpt \"x\"", .to = "org/llama"};

// The answer as it comes out, whatever pieces it is fed in.
std::string Mapped(Form form, std::string_view answer) {
  ModelMapper whole(kRewrite, form);
  std::string out;
  whole.Feed(answer, out);
  whole.Finish(out);
  for (size_t piece = 1; piece < 8; ++piece) {
    ModelMapper mapper(kRewrite, form);
    std::string pieces;
    for (size_t at = 0; at < answer.size(); at += piece)
      mapper.Feed(answer.substr(at, piece), pieces);
    mapper.Finish(pieces);
    EXPECT_EQ(pieces, out) << piece;
  }
  return out;
}

TEST(ModelMapperTest, MapsTheModelOfABody) {
  EXPECT_EQ(Mapped(Form::kJson, R"({"id": "x", "model" : "org/llama","n":12345678901234567890})"),
            R"({"id": "x", "model" : "gpt \"x\"","n":12345678901234567890})");
  // The same name, written otherwise.
  EXPECT_EQ(Mapped(Form::kJson, R"({"model":"org\/ll\u0061ma"})"), R"({"model":"gpt \"x\""})");
  EXPECT_EQ(Mapped(Form::kJson, R"({"mod\u0065l":"org/llama"})"), R"({"mod\u0065l":"gpt \"x\""})");
}

TEST(ModelMapperTest, MapsTheModelOfAnInnerAnswer) {
  EXPECT_EQ(
      Mapped(Form::kJson, R"({"response":{"a":[{"model":"org/llama"}],"model":"org/llama"}})"),
      R"({"response":{"a":[{"model":"org/llama"}],"model":"gpt \"x\""}})");
  EXPECT_EQ(Mapped(Form::kEventStream,
                   "event: message_start\ndata: {\"type\":\"message_start\","
                   "\"message\":{\"model\":\"org/llama\"}}\n\n"),
            "event: message_start\ndata: {\"type\":\"message_start\","
            "\"message\":{\"model\":\"gpt \\\"x\\\"\"}}\n\n");
}

TEST(ModelMapperTest, LeavesWhatIsNoModelName) {
  for (const std::string_view same :
       {R"({"model":"other"})",
        R"({"model":"org/llama-2-that-is-much-longer-than-the-name-itself"})",
        R"({"choices":[{"message":{"content":"{\"model\":\"org/llama\"}"}}]})",
        R"({"choices":[{"model":"org/llama"}],"x":{"model":"org/llama"}})",
        R"({"models":"org/llama","a":"model","b":"org/llama"})", R"({"model":["org/llama"]})",
        R"({"model":{"model":"org/llama"}})", R"(["model","org/llama"])", "not json \"model\"",
        R"({"model":"org/lla)", R"({"model":"org/llama\)",
        R"({"response":[{"model":"org/llama"}]})", ""}) {
    EXPECT_EQ(Mapped(Form::kJson, same), same);
  }
}

TEST(ModelMapperTest, MapsEachEventOfAStream) {
  const std::string event = "data: {\"model\":\"org/llama\",\"t\":\"\\n\"}\r\n\r\n";
  const std::string mapped = "data: {\"model\":\"gpt \\\"x\\\"\",\"t\":\"\\n\"}\r\n\r\n";
  EXPECT_EQ(Mapped(Form::kEventStream, ": hello\n" + event + "id: {\"model\":\"org/llama\"}\n" +
                                           event + "data: {\"model\n" + event + "data: [DONE]\n\n"),
            ": hello\n" + mapped + "id: {\"model\":\"org/llama\"}\n" + mapped + "data: {\"model\n" +
                mapped + "data: [DONE]\n\n");
}

TEST(ModelMapperTest, WithAnotherNameNothingEverChanges) {
  base::Rng rng(7);
  constexpr std::string_view kAlphabet = "{}[]\"\\:,model \n";
  for (int round = 0; round < 500; ++round) {
    std::string text = "{\"model\":\"";
    for (int i = 0; i < 60; ++i) text += kAlphabet[rng.Next() % kAlphabet.size()];
    EXPECT_EQ(Mapped(Form::kJson, text), text);
    EXPECT_EQ(Mapped(Form::kEventStream, "data:" + text), "data:" + text);
  }
}

TEST(ModelSpliceTest, ReplacesTheNameAndNothingElse) {
  const std::string body = R"({"seed": 9007199254740993, "model" : "a", "z":1,"b":2})";
  const ModelSplice splice = SpliceFor("b \"c\"", ModelForm::kJson, {.offset = 37, .size = 3});
  std::string whole;
  for (const std::string_view piece : splice.Apply(body)) whole += piece;
  EXPECT_EQ(whole, R"({"seed": 9007199254740993, "model" : "b \"c\"", "z":1,"b":2})");
  EXPECT_EQ(SpliceFor("b", ModelForm::kText, {}).name, "b");
}

}  // namespace
}  // namespace fairway::inference
