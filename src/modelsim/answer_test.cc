#include "modelsim/answer.h"

#include <gtest/gtest.h>

#include "base/source_dir.h"
#include "json/reader.h"
#include "modelsim/fixture.h"
#include "modelsim/json_shape.h"

namespace fairway::modelsim {
namespace {

constexpr Usage kUsage{188, 24, 160};

AnswerHead HeadOf(Api api) { return {api, "chatcmpl-1", "\"tiny\"", 1795233322}; }

// The data of each chunk, after checking the chunked coding.
std::vector<std::string> Unframe(std::string_view frames) {
  std::vector<std::string> events;
  while (!frames.empty()) {
    const size_t size = std::stoul(std::string(frames.substr(0, frames.find("\r\n"))), nullptr, 16);
    frames.remove_prefix(frames.find("\r\n") + 2);
    if (size == 0) {
      EXPECT_EQ(frames, "\r\n");
      break;
    }
    const std::string_view event = frames.substr(0, size);
    EXPECT_TRUE(event.starts_with("data: ") && event.ends_with("\n\n")) << event;
    events.emplace_back(event.substr(6, size - 8));
    EXPECT_EQ(frames.substr(size, 2), "\r\n");
    frames.remove_prefix(size + 2);
  }
  return events;
}

TEST(Answer, UnaryHasTheRecordedShape) {
  for (const Api api : {Api::kChat, Api::kCompletions}) {
    const Recorded recorded =
        ReadRecorded(base::kSourceDir, api == Api::kChat ? "chat_unary" : "completions_unary");
    std::string ours;
    AppendUnaryAnswer(HeadOf(api), " the sea", FinishReason::kLength, kUsage, ours);
    EXPECT_EQ(JsonShape(ours), JsonShape(recorded.body));
  }
}

TEST(Answer, UnarySaysWhatItWasTold) {
  std::string text;
  AppendUnaryAnswer(HeadOf(Api::kChat), " the sea", FinishReason::kStop, kUsage, text);
  json::Reader reader;
  const auto root = reader.Read(text);
  ASSERT_TRUE(root.ok()) << root.status().ToString();
  EXPECT_EQ((*root)["id"].String(), "chatcmpl-1");
  EXPECT_EQ((*root)["model"].String(), "tiny");
  const json::Value choice = (*root)["choices"].Elements().at(0);
  EXPECT_EQ(choice["message"]["content"].String(), " the sea");
  EXPECT_EQ(choice["finish_reason"].String(), "stop");
  EXPECT_EQ((*root)["usage"]["prompt_tokens"].Int(), 188);
  EXPECT_EQ((*root)["usage"]["completion_tokens"].Int(), 24);
  EXPECT_EQ((*root)["usage"]["total_tokens"].Int(), 212);
  EXPECT_EQ((*root)["usage"]["prompt_tokens_details"]["cached_tokens"].Int(), 160);
}

TEST(Answer, StreamsHaveTheRecordedShape) {
  for (const Api api : {Api::kChat, Api::kCompletions}) {
    const std::vector<std::string> recorded =
        ReadRecorded(base::kSourceDir,
                     api == Api::kChat ? "chat_stream_usage" : "completions_stream_usage")
            .Events();
    const StreamFrames frames(HeadOf(api));
    std::string out;
    frames.AppendOpening(out);
    frames.AppendToken(" the", out);
    frames.AppendLastToken(" sea", FinishReason::kLength, out);
    frames.AppendUsage(kUsage, out);
    StreamFrames::AppendDone(out);
    const std::vector<std::string> ours = Unframe(out);
    const size_t opening = api == Api::kChat ? 1 : 0;
    ASSERT_EQ(ours.size(), 4 + opening);
    if (opening == 1) {
      EXPECT_EQ(JsonShape(ours[0]), JsonShape(recorded[0]));
    }
    EXPECT_EQ(JsonShape(ours[opening]), JsonShape(recorded[opening]));
    const size_t n = recorded.size();
    EXPECT_EQ(JsonShape(ours[opening + 1]), JsonShape(recorded[n - 3]));
    EXPECT_EQ(JsonShape(ours[opening + 2]), JsonShape(recorded[n - 2]));
    EXPECT_EQ(ours[opening + 3], recorded[n - 1]);
    EXPECT_TRUE(out.ends_with("0\r\n\r\n"));
  }
}

TEST(Answer, TokensAreWrittenIntoTheirFrames) {
  const StreamFrames frames(HeadOf(Api::kChat));
  std::string out;
  frames.AppendToken(" the", out);
  frames.AppendToken(" sea", out);
  const auto events = Unframe(out);
  ASSERT_EQ(events.size(), 2u);
  json::Reader reader;
  const auto root = reader.Read(events[1]);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ((*root)["choices"].Elements().at(0)["delta"]["content"].String(), " sea");
}

TEST(Answer, ADyingEngineSpeaksAsRecorded) {
  const auto recorded = ReadRecorded(base::kSourceDir, "engine_crash_stream").Events();
  std::string out;
  StreamFrames::AppendError({.status = 500, .type = "InternalServerError", .message = "m"}, out);
  StreamFrames::AppendDone(out);
  const auto ours = Unframe(out);
  EXPECT_EQ(JsonShape(ours.at(0)), JsonShape(recorded.at(recorded.size() - 2)));
  EXPECT_EQ(ours.at(1), recorded.back());
}

TEST(Answer, IdsAreSafeInsideJson) {
  EXPECT_EQ(AnswerId(Api::kChat, "gw-req-0001"), "chatcmpl-gw-req-0001");
  EXPECT_EQ(AnswerId(Api::kCompletions, "a\"b\\c\x01 d\xff"), "cmpl-a_b_c__d_");
}

TEST(Answer, ModelsNameTheirParent) {
  const std::vector<std::string> adapters = {"lora-a"};
  const std::string text = ModelsJson(ServedModels("tiny", adapters).all(), 4096, 1);
  json::Reader reader;
  const auto root = reader.Read(text);
  ASSERT_TRUE(root.ok());
  const auto models = (*root)["data"].Elements();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0]["id"].String(), "tiny");
  EXPECT_EQ(models[0]["max_model_len"].Int(), 4096);
  EXPECT_EQ(models[1]["parent"].String(), "tiny");
}

}  // namespace
}  // namespace fairway::modelsim
