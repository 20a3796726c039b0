#include "modelsim/api/forms.h"

#include <gtest/gtest.h>

#include "base/source_dir.h"
#include "json/reader.h"
#include "modelsim/fixture.h"
#include "modelsim/json_shape.h"

namespace fairway::modelsim {
namespace {

constexpr Usage kUsage{14, 8, 0};

AnswerHead HeadOf(Api api) {
  return {.api = api,
          .id = api == Api::kResponses ? "resp_1" : "chatcmpl-1",
          .model_json = "\"tiny\"",
          .created = 1795233322,
          .framing = Framing::kBare,
          .prompt_tokens = 14,
          .max_tokens = 8};
}

std::string Whole(Api api) {
  const FinishedChoice choice{.text = " the sea"};
  std::string out;
  MakeAnswerForm(HeadOf(api), StreamUsage::kNo)->AppendWhole({&choice, 1}, kUsage, out);
  return out;
}

// A stream of two tokens.
Recorded Streamed(Api api, FinishReason finish = FinishReason::kLength) {
  const FinishedChoice choice{.text = " the sea", .finish = finish};
  const auto form = MakeAnswerForm(HeadOf(api), StreamUsage::kNo);
  Recorded out;
  form->AppendOpening(out.body);
  form->AppendToken({.text = " the"}, out.body);
  form->AppendLast({.position = 1, .text = " sea"}, choice, out.body);
  form->AppendClosing({&choice, 1}, kUsage, out.body);
  return out;
}

// The names of the events, each once where it repeats.
std::vector<std::string> Names(const Recorded& stream) {
  std::vector<std::string> names;
  constexpr std::string_view kEvent = "event: ";
  for (size_t at = stream.body.find(kEvent); at != std::string::npos;
       at = stream.body.find(kEvent, at)) {
    at += kEvent.size();
    std::string name = stream.body.substr(at, stream.body.find('\n', at) - at);
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

// The shape of the first event whose data has `needle`.
std::string ShapeOf(const Recorded& stream, std::string_view needle) {
  for (const std::string& event : stream.Events()) {
    if (event.find(needle) != std::string::npos) return JsonShape(event);
  }
  return "none";
}

TEST(Forms, WholeAnswersHaveTheRecordedShape) {
  EXPECT_EQ(JsonShape(Whole(Api::kResponses)),
            JsonShape(ReadRecorded(base::kSourceDir, "responses_unary").body));
  EXPECT_EQ(JsonShape(Whole(Api::kMessages)),
            JsonShape(ReadRecorded(base::kSourceDir, "messages_anthropic").body));
}

TEST(Forms, StreamsHaveTheRecordedEvents) {
  const std::pair<Api, const char*> cases[] = {{Api::kResponses, "responses_stream"},
                                               {Api::kMessages, "messages_anthropic_stream"}};
  for (const auto& [api, name] : cases) {
    const Recorded recorded = ReadRecorded(base::kSourceDir, name);
    const Recorded ours = Streamed(api);
    EXPECT_EQ(Names(ours), Names(recorded));
    for (const std::string& event : Names(recorded)) {
      const std::string needle = "\"type\":\"" + event + "\"";
      EXPECT_EQ(ShapeOf(ours, needle), ShapeOf(recorded, needle)) << event;
    }
  }
}

TEST(Forms, EventsOfAResponseAreNumbered) {
  int number = 0;
  for (const std::string& event : Streamed(Api::kResponses).Events()) {
    json::Reader reader;
    const auto root = reader.Read(event);
    ASSERT_TRUE(root.ok()) << event;
    EXPECT_EQ((*root)["sequence_number"].Int(), number++);
  }
  EXPECT_EQ(number, 10);
}

TEST(Forms, TheEndHasItsReason) {
  const auto last = [](const Recorded& stream) { return stream.Events().back(); };
  EXPECT_NE(last(Streamed(Api::kResponses)).find("\"status\":\"incomplete\""), std::string::npos);
  EXPECT_NE(last(Streamed(Api::kResponses, FinishReason::kStop)).find("\"status\":\"completed\""),
            std::string::npos);
  EXPECT_NE(Streamed(Api::kMessages, FinishReason::kStop).body.find("\"end_turn\""),
            std::string::npos);
  EXPECT_NE(Streamed(Api::kMessages).body.find("\"max_tokens\""), std::string::npos);
}

TEST(Forms, IdsAreSafeInsideJson) {
  EXPECT_EQ(AnswerId(Api::kChat, "gw-req-0001"), "chatcmpl-gw-req-0001");
  EXPECT_EQ(AnswerId(Api::kCompletions, "a\"b\\c\x01 d\xff"), "cmpl-a_b_c__d_");
  EXPECT_EQ(AnswerId(Api::kResponses, "1"), "resp_1");
}

}  // namespace
}  // namespace fairway::modelsim
