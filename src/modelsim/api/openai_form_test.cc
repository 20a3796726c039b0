#include "modelsim/api/openai_form.h"

#include <gtest/gtest.h>

#include "base/source_dir.h"
#include "json/reader.h"
#include "modelsim/fixture.h"
#include "modelsim/json_shape.h"

namespace fairway::modelsim {
namespace {

constexpr Usage kUsage{188, 24, 160};

AnswerHead HeadOf(Api api) {
  return {.api = api, .id = "chatcmpl-1", .model_json = "\"tiny\"", .created = 1795233322};
}

std::string Whole(const AnswerHead& head, std::vector<FinishedChoice> choices) {
  std::string out;
  OpenAiForm(head, StreamUsage::kNo).AppendWhole(choices, kUsage, out);
  return out;
}

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

TEST(OpenAiForm, WholeAnswersHaveTheRecordedShape) {
  for (const Api api : {Api::kChat, Api::kCompletions}) {
    const Recorded recorded =
        ReadRecorded(base::kSourceDir, api == Api::kChat ? "chat_unary" : "completions_unary");
    EXPECT_EQ(JsonShape(Whole(HeadOf(api), {{.text = " the sea"}})), JsonShape(recorded.body));
  }
  const Recorded batch = ReadRecorded(base::kSourceDir, "completions_batch_prompts");
  EXPECT_EQ(JsonShape(Whole(HeadOf(Api::kCompletions), {{.text = "a"}, {.index = 1, .text = "b"}})),
            JsonShape(batch.body));
  const Recorded stopped = ReadRecorded(base::kSourceDir, "chat_stop_finish");
  EXPECT_EQ(JsonShape(Whole(HeadOf(Api::kChat), {{.finish = FinishReason::kStop, .stop = " "}})),
            JsonShape(stopped.body));
}

TEST(OpenAiForm, WholeAnswersSayWhatTheyWereTold) {
  const std::string text = Whole(
      HeadOf(Api::kChat), {{.text = " the sea", .finish = FinishReason::kStop, .stop = "\n"}});
  json::Reader reader;
  const auto root = reader.Read(text);
  ASSERT_TRUE(root.ok()) << root.status().ToString();
  EXPECT_EQ((*root)["id"].String(), "chatcmpl-1");
  EXPECT_EQ((*root)["model"].String(), "tiny");
  const json::Value choice = (*root)["choices"].Elements().at(0);
  EXPECT_EQ(choice["message"]["content"].String(), " the sea");
  EXPECT_EQ(choice["finish_reason"].String(), "stop");
  EXPECT_EQ(choice["stop_reason"].String(), "\n");
  EXPECT_EQ((*root)["usage"]["prompt_tokens"].Int(), 188);
  EXPECT_EQ((*root)["usage"]["completion_tokens"].Int(), 24);
  EXPECT_EQ((*root)["usage"]["total_tokens"].Int(), 212);
  EXPECT_EQ((*root)["usage"]["prompt_tokens_details"]["cached_tokens"].Int(), 160);
}

TEST(OpenAiForm, StreamsHaveTheRecordedShape) {
  for (const Api api : {Api::kChat, Api::kCompletions}) {
    const std::vector<std::string> recorded =
        ReadRecorded(base::kSourceDir,
                     api == Api::kChat ? "chat_stream_usage" : "completions_stream_usage")
            .Events();
    OpenAiForm form(HeadOf(api), StreamUsage::kLast);
    const FinishedChoice choice{.text = " the sea"};
    std::string out;
    form.AppendOpening(out);
    form.AppendToken({.text = " the"}, out);
    form.AppendLast({.position = 1, .text = " sea"}, choice, out);
    form.AppendClosing({&choice, 1}, kUsage, out);
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

TEST(OpenAiForm, SeveralChoicesOpenAndNumberThemselves) {
  const auto recorded = ReadRecorded(base::kSourceDir, "chat_n2_stream").Events();
  AnswerHead head = HeadOf(Api::kChat);
  head.choices = 2;
  OpenAiForm form(head, StreamUsage::kNo);
  std::string out;
  form.AppendOpening(out);
  form.AppendToken({.choice = 1, .text = " sea"}, out);
  form.AppendToken({.choice = 1, .text = "ab"}, out);
  const auto events = Unframe(out);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(JsonShape(events[0]), JsonShape(recorded[0]));
  EXPECT_NE(events[0].find("\"index\":0"), std::string::npos);
  EXPECT_NE(events[1].find("\"index\":1"), std::string::npos);
  EXPECT_NE(events[2].find("\"index\":1,\"delta\":{\"content\":\" sea\"}"), std::string::npos);
  EXPECT_NE(events[3].find("\"content\":\"ab\"}"), std::string::npos) << "half a token shows";
}

TEST(OpenAiForm, LogprobsHaveTheRecordedShape) {
  const auto recorded = ReadRecorded(base::kSourceDir, "chat_stream_token_ids_logprobs").Events();
  AnswerHead head = HeadOf(Api::kChat);
  head.logprobs = 2;
  OpenAiForm form(head, StreamUsage::kNo);
  std::string out;
  form.AppendToken({.position = 5, .text = " ind"}, out);
  const std::string event = Unframe(out).at(0);
  json::Reader ours;
  json::Reader theirs;
  const auto first = [](json::Reader& reader, const std::string& text) {
    return reader.Read(text).ok()
               ? std::string((*reader.Read(text))["choices"].Elements().at(0)["logprobs"].Raw())
               : "";
  };
  std::string expected = JsonShape(first(theirs, recorded[1]));
  const std::string got = JsonShape(first(ours, event));
  // Theirs has tokens of other lengths, and so more bytes.
  const auto keys = [](std::string shape) {
    std::erase_if(shape, [](char c) { return c == '0' || c == ','; });
    return shape;
  };
  EXPECT_EQ(keys(got), keys(expected)) << event;
}

TEST(OpenAiForm, TokensAreWrittenIntoTheirFrames) {
  OpenAiForm form(HeadOf(Api::kChat), StreamUsage::kNo);
  std::string out;
  form.AppendToken({.text = " the"}, out);
  form.AppendToken({.text = " sea"}, out);
  const auto events = Unframe(out);
  ASSERT_EQ(events.size(), 2u);
  json::Reader reader;
  const auto root = reader.Read(events[1]);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ((*root)["choices"].Elements().at(0)["delta"]["content"].String(), " sea");
}

TEST(OpenAiForm, BareEventsHaveNoChunks) {
  AnswerHead head = HeadOf(Api::kCompletions);
  head.framing = Framing::kBare;
  OpenAiForm form(head, StreamUsage::kNo);
  std::string out;
  form.AppendToken({.text = " the"}, out);
  form.AppendClosing({}, kUsage, out);
  EXPECT_TRUE(out.starts_with("data: {\"id\"")) << out;
  EXPECT_TRUE(out.ends_with("\n\ndata: [DONE]\n\n")) << out;
}

TEST(OpenAiForm, ADyingEngineSpeaksAsRecorded) {
  const auto recorded = ReadRecorded(base::kSourceDir, "engine_crash_stream").Events();
  OpenAiForm form(HeadOf(Api::kChat), StreamUsage::kNo);
  std::string out;
  form.AppendFailure({.status = 500, .type = "InternalServerError", .message = "m"}, out);
  const auto ours = Unframe(out);
  EXPECT_EQ(JsonShape(ours.at(0)), JsonShape(recorded.at(recorded.size() - 2)));
  EXPECT_EQ(ours.at(1), recorded.back());
}

}  // namespace
}  // namespace fairway::modelsim
