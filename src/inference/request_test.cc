#include "inference/request.h"

#include <gtest/gtest.h>

namespace fairway::inference {
namespace {

TEST(ApiOfPathTest, KnowsWhatWeRead) {
  EXPECT_EQ(ApiOfPath("/v1/chat/completions"), Api::kChatCompletions);
  EXPECT_EQ(ApiOfPath("/v1/completions"), Api::kCompletions);
  EXPECT_EQ(ApiOfPath("/v1/completions/"), Api::kCompletions);
  EXPECT_EQ(ApiOfPath("/v1/chat/completions?a=/v1/completions"), Api::kChatCompletions);
  for (const std::string_view path :
       {"", "/", "/v1", "/v1/models", "/v1/chat/completions/render", "/v1/chat/completions//",
        "/V1/completions", "v1/completions", "/x/v1/completions", "/v1/completionsx"}) {
    EXPECT_EQ(ApiOfPath(path), Api::kNone) << path;
  }
}

}  // namespace
}  // namespace fairway::inference
