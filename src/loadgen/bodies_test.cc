#include "loadgen/bodies.h"

#include <gtest/gtest.h>

#include "json/reader.h"

namespace fairway::loadgen {
namespace {

std::string_view Digits(const UniqueDigits& digits) { return {digits.data(), digits.size()}; }

class BodiesTest : public testing::Test {
 protected:
  BodiesTest() { options_.targets = {{"127.0.0.1", 8080}}; }

  // A request as it is sent, its body alone.
  static std::string BodyOf(const PreparedRequest& request, uint64_t number) {
    const std::string whole =
        request.before + std::string(Digits(DigitsOf(number))) + request.after;
    return whole.substr(whole.find("\r\n\r\n") + 4);
  }

  LoadOptions options_;
};

TEST_F(BodiesTest, NumbersHaveSixteenDigits) {
  EXPECT_EQ(Digits(DigitsOf(0)), "0000000000000000");
  EXPECT_EQ(Digits(DigitsOf(1234567)), "0000000001234567");
}

TEST_F(BodiesTest, BodiesAreAsLongAsAskedFor) {
  for (const uint32_t bytes : {1024u, 16'384u, 262'144u}) {
    options_.body_bytes = bytes;
    for (const PreparedRequest& request : PrepareRequests(options_)) {
      const std::string body = BodyOf(request, 7);
      EXPECT_EQ(body.size(), bytes);
      EXPECT_EQ(request.body_bytes, bytes);
      EXPECT_NE(request.before.find("content-length: " + std::to_string(bytes) + "\r\n"),
                std::string::npos);
    }
  }
}

TEST_F(BodiesTest, TheyAreChats) {
  options_.model = "a \"model\"";
  options_.answer = AnswerKind::kStream;
  options_.max_tokens = 5;
  options_.authorization = "Bearer k";
  const auto requests = PrepareRequests(options_);
  EXPECT_TRUE(requests[0].before.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_NE(requests[0].before.find("\r\nhost: 127.0.0.1:8080\r\n"), std::string::npos);
  EXPECT_NE(requests[0].before.find("\r\nauthorization: Bearer k\r\n"), std::string::npos);
  json::Reader reader;
  const std::string body = BodyOf(requests[0], 7);
  const auto root = reader.Read(body);
  ASSERT_TRUE(root.ok()) << body;
  EXPECT_EQ((*root)["model"].String(), "a \"model\"");
  EXPECT_EQ((*root)["stream"].Bool(), true);
  EXPECT_EQ((*root)["max_tokens"].Int(), 5);
  EXPECT_EQ((*root)["messages"].Elements().size(), 2u);
}

TEST_F(BodiesTest, WithoutAModelNoneIsNamed) {
  options_.model = "";
  json::Reader reader;
  const std::string body = BodyOf(PrepareRequests(options_)[0], 3);
  const auto root = reader.Read(body);
  ASSERT_TRUE(root.ok()) << body;
  EXPECT_FALSE((*root)["model"]);
  EXPECT_EQ(body.size(), options_.body_bytes);
}

TEST_F(BodiesTest, AGroupHasItsPrefixInCommonAndNoMore) {
  options_.groups = 3;
  options_.body_bytes = 4096;
  options_.prefix_share = 0.75;
  const auto requests = PrepareRequests(options_);
  ASSERT_EQ(requests.size(), 3u);
  std::vector<std::string> prompts;
  for (const PreparedRequest& request : requests) {
    json::Reader reader;
    const std::string body = BodyOf(request, 1);
    const auto root = reader.Read(body);
    ASSERT_TRUE(root.ok());
    const auto messages = (*root)["messages"].Elements();
    const size_t shared = messages[0]["content"].String()->size();
    const std::string own = *messages[1]["content"].String();
    EXPECT_TRUE(own.starts_with("0000000000000001"));
    EXPECT_NEAR(static_cast<double>(shared) / static_cast<double>(shared + own.size() - 16), 0.75,
                0.01);
    prompts.push_back(*messages[0]["content"].String());
  }
  EXPECT_NE(prompts[0].substr(0, 64), prompts[1].substr(0, 64));
  EXPECT_NE(prompts[1].substr(0, 64), prompts[2].substr(0, 64));
}

TEST_F(BodiesTest, TheSameSeedMakesTheSameBodies) {
  EXPECT_EQ(PrepareRequests(options_)[3].before, PrepareRequests(options_)[3].before);
  LoadOptions other = options_;
  other.seed = 2;
  EXPECT_NE(PrepareRequests(options_)[3].before, PrepareRequests(other)[3].before);
}

TEST_F(BodiesTest, TooSmallABodyIsAsSmallAsItCanBe) {
  options_.body_bytes = 1;
  json::Reader reader;
  const std::string body = BodyOf(PrepareRequests(options_)[0], 3);
  EXPECT_LT(body.size(), 300u);
  EXPECT_TRUE(reader.Read(body).ok());
}

}  // namespace
}  // namespace fairway::loadgen
