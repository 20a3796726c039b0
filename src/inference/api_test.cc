#include "inference/api.h"

#include <gtest/gtest.h>

namespace fairway::inference {
namespace {

TEST(ApiOfPathTest, KnowsWhatWeRead) {
  EXPECT_EQ(ApiOfPath("/v1/chat/completions"), Api::kChatCompletions);
  EXPECT_EQ(ApiOfPath("/v1/completions"), Api::kCompletions);
  EXPECT_EQ(ApiOfPath("/v1/completions/"), Api::kCompletions);
  EXPECT_EQ(ApiOfPath("/v1/chat/completions?a=/v1/completions"), Api::kChatCompletions);
  EXPECT_EQ(ApiOfPath("/v1/responses"), Api::kResponses);
  EXPECT_EQ(ApiOfPath("/v1/messages/count_tokens"), Api::kCountTokens);
  EXPECT_EQ(ApiOfPath("/v2/rerank"), Api::kRerank);
  EXPECT_EQ(ApiOfPath("/v1/audio/transcriptions"), Api::kAudio);
  for (const std::string_view path :
       {"/v1/responses/resp_1", "/v1/messages/batches", "/v3/rerank", "/v1/audio", "", "/", "/v1",
        "/v1/models", "/v1/chat/completions/render", "/v1/chat/completions//", "/V1/completions",
        "v1/completions", "/x/v1/completions", "/v1/completionsx"}) {
    EXPECT_EQ(ApiOfPath(path), Api::kNone) << path;
  }
}

TEST(ApiNameTest, NamesEach) {
  EXPECT_EQ(NameOf(Api::kNone), "none");
  EXPECT_EQ(NameOf(Api::kCountTokens), "count-tokens");
  EXPECT_EQ(NameOf(Api::kImages), "images");
}

}  // namespace
}  // namespace fairway::inference
