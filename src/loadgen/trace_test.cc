#include "loadgen/trace.h"

#include <gtest/gtest.h>

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMooncake =
    R"({"timestamp": 500, "input_length": 1100, "output_length": 6, "hash_ids": [0, 1, 2]}
{"timestamp": 0, "input_length": 513, "output_length": 4, "hash_ids": [0, 7]}

{"timestamp": 2500, "input_length": 10, "output_length": 0, "hash_ids": []}
)";

constexpr std::string_view kAzure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 23:59:59.5000000,374,44\r\n"
    "2023-11-17 00:00:01,396,109\r\n"
    "2023-11-17 00:00:01.009930+00:00,1,2\r\n";

TEST(Trace, ReadsMooncake) {
  const auto trace = ParseTrace(kMooncake);
  ASSERT_TRUE(trace.ok()) << trace.status().ToString();
  ASSERT_EQ(trace->requests.size(), 3u);
  const TraceRequest& first = trace->requests[0];
  EXPECT_EQ(first.at, 0ms) << "sorted by time";
  EXPECT_EQ(first.input_tokens, 513u);
  EXPECT_EQ(first.output_tokens, 4u);
  ASSERT_EQ(first.block_count, 2u);
  EXPECT_EQ(trace->blocks[first.first_block + 1], 7u);
  EXPECT_EQ(trace->requests[1].at, 500ms);
  EXPECT_EQ(trace->requests[1].block_count, 3u);
  EXPECT_EQ(trace->requests[2].block_count, 0u);
}

TEST(Trace, ReadsAzure) {
  const auto trace = ParseTrace(kAzure);
  ASSERT_TRUE(trace.ok()) << trace.status().ToString();
  ASSERT_EQ(trace->requests.size(), 3u);
  EXPECT_EQ(trace->requests[0].at, 0ms);
  EXPECT_EQ(trace->requests[0].input_tokens, 374u);
  EXPECT_EQ(trace->requests[1].at, 1500ms) << "over midnight";
  EXPECT_EQ(trace->requests[2].at, 1509930us);
  EXPECT_EQ(trace->requests[2].output_tokens, 2u);
}

TEST(Trace, BlocksBeyondThePromptAreNotKept) {
  const auto trace =
      ParseTrace(R"({"timestamp":0,"input_length":512,"output_length":1,"hash_ids":[5,6,7]})");
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->requests[0].block_count, 1u);
}

TEST(Trace, WhatIsWrongHasALine) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "line 1"},
      {"time,tokens\n1,2\n", "line 1"},
      {"{\"timestamp\":0,\"input_length\":1,\"output_length\":1}\n{\n", "line 2"},
      {R"({"timestamp":"x","input_length":1,"output_length":1})", "timestamp"},
      {R"({"timestamp":-1,"input_length":1,"output_length":1})", "timestamp"},
      {R"({"timestamp":0,"output_length":1})", "input_length"},
      {R"({"timestamp":0,"input_length":99999999,"output_length":1})", "input_length"},
      {R"({"timestamp":0,"input_length":1,"output_length":-1})", "output_length"},
      {R"({"timestamp":0,"input_length":1,"output_length":1,"hash_ids":["a"]})", "hash id"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1\n", "line 2"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:15:46,1,1\n", "date"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,x\n", "count"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1,1\n", "cells"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n", "without requests"},
  };
  for (const auto& [text, said] : cases) {
    const auto trace = ParseTrace(text);
    ASSERT_FALSE(trace.ok()) << text;
    EXPECT_EQ(trace.status().code(), base::Code::kInvalid);
    EXPECT_NE(trace.status().message().find(said), std::string::npos)
        << trace.status().message() << "\n"
        << text;
  }
}

TEST(Trace, NoInputBreaksIt) {
  for (const std::string_view whole : {kMooncake, kAzure}) {
    for (size_t cut = 0; cut < whole.size(); ++cut) (void)ParseTrace(whole.substr(0, cut));
  }
}

TEST(Trace, AMissingFileIsSaid) {
  EXPECT_EQ(ReadTrace("/nowhere/trace.jsonl").status().code(), base::Code::kNotFound);
}

TEST(Trace, LongRequestsCanBeLeftOut) {
  auto trace = ParseTrace(kMooncake);
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(LeaveOutLonger(*trace, 517), 1u);
  ASSERT_EQ(trace->requests.size(), 2u);
  EXPECT_EQ(trace->requests[0].input_tokens, 513u);
}

}  // namespace
}  // namespace fairway::loadgen
