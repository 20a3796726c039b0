// Prompts of sessions and traces, read back as a server would: their sizes, and what they share.
#include <gtest/gtest.h>

#include <algorithm>

#include "json/reader.h"
#include "loadgen/make_workload.h"
#include "loadgen/sessions.h"

namespace fairway::loadgen {
namespace {

struct Message {
  std::string role;
  std::string content;
};

class WorkloadTest : public testing::Test {
 protected:
  WorkloadTest() { options_.targets = {{"127.0.0.1", 8080}}; }

  // The messages of a request, whose head must fit its body.
  std::vector<Message> Messages(RequestId id) {
    RequestBytes bytes;
    MakeWorkload(options_)->Make(id, bytes);
    std::string whole;
    for (const std::string_view piece : bytes.pieces()) whole += piece;
    EXPECT_EQ(whole.size(), bytes.size());
    const size_t end = whole.find("\r\n\r\n");
    const std::string body = whole.substr(end + 4);
    EXPECT_NE(whole.find("\r\ncontent-length: " + std::to_string(body.size()) + "\r\n"),
              std::string::npos);
    json::Reader reader;
    const auto root = reader.Read(body);
    EXPECT_TRUE(root.ok()) << body;
    max_tokens_ = *(*root)["max_tokens"].Int();
    std::vector<Message> out;
    for (const json::Value& message : (*root)["messages"].Elements()) {
      out.push_back({*message["role"].String(), *message["content"].String()});
    }
    return out;
  }

  static size_t SharedBytes(std::string_view a, std::string_view b) {
    return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  }

  void UseTrace(Trace trace) {
    options_.prompts = Prompts::kTrace;
    options_.trace = std::make_shared<const Trace>(std::move(trace));
  }

  LoadOptions options_;
  int64_t max_tokens_ = 0;
};

TEST_F(WorkloadTest, ASessionGrowsTurnByTurn) {
  options_.prompts = Prompts::kSessions;
  options_.prefix_tokens = 100;
  options_.suffix_tokens = 20;
  options_.max_tokens = 30;
  options_.turns = 3;
  const auto first = Messages({7, 0});
  const auto third = Messages({7, 2});
  ASSERT_EQ(first.size(), 2u);
  ASSERT_EQ(third.size(), 6u) << "system, three questions, two answers between them";
  EXPECT_EQ(first[0].role, "system");
  EXPECT_EQ(first[0].content.size(), 400u);
  EXPECT_EQ(first[1].role, "user");
  EXPECT_EQ(first[1].content.size(), 80u);
  EXPECT_EQ(third[0].content, first[0].content);
  EXPECT_EQ(third[1].content, first[1].content);
  EXPECT_EQ(third[2].role, "assistant");
  EXPECT_EQ(third[2].content.size(), 120u);
  EXPECT_NE(third[3].content, third[1].content) << "another question";
  EXPECT_EQ(max_tokens_, 30);
}

TEST_F(WorkloadTest, SessionsOfAGroupShareTheirPrefixAlone) {
  options_.prompts = Prompts::kSessions;
  options_.groups = 4;
  const Sessions sessions(options_);
  std::vector<size_t> sizes(4);
  for (uint64_t session = 0; session < 400; ++session) ++sizes[sessions.GroupOf(session)];
  for (const size_t size : sizes) EXPECT_GT(size, 60u) << "about a hundred each";
  const auto first = Messages({0, 0});
  for (uint64_t session = 1; session < 20; ++session) {
    const auto other = Messages({session, 0});
    const bool same_group = sessions.GroupOf(session) == sessions.GroupOf(0);
    EXPECT_EQ(other[0].content == first[0].content, same_group);
    EXPECT_LT(SharedBytes(other[1].content, first[1].content), 50u);
  }
}

TEST_F(WorkloadTest, WithoutAPrefixThereIsNoSystemMessage) {
  options_.prompts = Prompts::kSessions;
  options_.prefix_tokens = 0;
  const auto messages = Messages({0, 0});
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].role, "user");
}

TEST_F(WorkloadTest, AReplaySharesTheBlocksThatTheTraceShares) {
  Trace trace;
  trace.requests = {{.input_tokens = 1024, .output_tokens = 5, .first_block = 0, .block_count = 2},
                    {.input_tokens = 1200, .output_tokens = 6, .first_block = 2, .block_count = 3},
                    {.input_tokens = 900, .output_tokens = 0, .first_block = 5, .block_count = 1}};
  trace.blocks = {10, 11, /**/ 10, 11, 12, /**/ 10};
  UseTrace(std::move(trace));
  EXPECT_EQ(MakeWorkload(options_)->sessions(), 3u);
  const auto a = Messages({0, 0});
  EXPECT_EQ(max_tokens_, 5);
  const auto b = Messages({1, 0});
  const auto c = Messages({2, 0});
  EXPECT_EQ(max_tokens_, 1) << "no server makes none";
  ASSERT_EQ(a.size(), 1u);
  EXPECT_EQ(a[0].content.size(), 1024u * 4);
  EXPECT_EQ(b[0].content.size(), 1200u * 4);
  EXPECT_EQ(c[0].content.size(), 900u * 4) << "what no block covers is its own";
  EXPECT_EQ(SharedBytes(a[0].content, b[0].content), 1024u * 4);
  EXPECT_GE(SharedBytes(a[0].content, c[0].content), 512u * 4);
  EXPECT_LT(SharedBytes(a[0].content, c[0].content), 512u * 4 + 50);
}

TEST_F(WorkloadTest, ARequestWithoutBlocksSharesNothing) {
  Trace trace;
  trace.requests = {{.input_tokens = 600, .output_tokens = 1},
                    {.input_tokens = 600, .output_tokens = 1}};
  UseTrace(std::move(trace));
  EXPECT_LT(SharedBytes(Messages({0, 0})[0].content, Messages({1, 0})[0].content), 50u);
  EXPECT_EQ(MakeWorkload(options_)->body_bytes(), 2400u);
}

}  // namespace
}  // namespace fairway::loadgen
