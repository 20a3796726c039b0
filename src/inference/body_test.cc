#include "inference/body.h"

#include <gtest/gtest.h>

namespace fairway::inference {
namespace {

std::string_view ModelOf(const BodyKind& kind, std::string_view body) {
  static Parser parser;
  const auto request = ParseBody(parser, kind, body);
  return request.ok() ? request->model : "refused";
}

TEST(BodyTest, AKnownApiIsJsonWhateverItClaims) {
  EXPECT_EQ(ModelOf({.api = Api::kChatCompletions}, R"({"model":"m"})"), "m");
  EXPECT_EQ(ModelOf({Api::kChatCompletions, "text/plain"}, R"({"model":"m"})"), "m");
  EXPECT_EQ(ModelOf({Api::kChatCompletions, "application/json"}, ""), "refused");
}

TEST(BodyTest, AFormIsReadAsOne) {
  EXPECT_EQ(ModelOf({Api::kAudio, "multipart/form-data; boundary=b"},
                    "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--"),
            "m");
}

TEST(BodyTest, OfAnotherPathOnlyWhatClaimsToBeJsonIsRead) {
  EXPECT_EQ(ModelOf({.content_type = "Application/Problem+JSON; a=b"}, R"({"model":"m"})"), "m");
  EXPECT_EQ(ModelOf({.content_type = "application/octet-stream"}, "\xff\xfe"), "");
  EXPECT_EQ(ModelOf({.content_type = "text/plain; x=json"}, "jso"), "");
  EXPECT_EQ(ModelOf({.content_type = "application/json"}, ""), "");
  EXPECT_EQ(ModelOf({.content_type = "application/json"}, "{"), "refused");
}

}  // namespace
}  // namespace fairway::inference
