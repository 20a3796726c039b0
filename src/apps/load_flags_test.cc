#include "apps/load_flags.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "apps/command_line.h"

namespace fairway::apps {
namespace {

using loadgen::Arrivals;
using loadgen::LoadOptions;
using loadgen::Prompts;
using namespace std::chrono_literals;

class LoadFlagsTest : public testing::Test {
 protected:
  LoadFlagsTest() {
    std::ofstream(trace_) << R"({"timestamp":0,"input_length":10,"output_length":1})" << '\n'
                          << R"({"timestamp":9,"input_length":90,"output_length":1})";
  }
  ~LoadFlagsTest() override { std::remove(trace_.c_str()); }

  template <class... Words>
  base::Result<LoadOptions> Options(Words... words) {
    const std::vector<const char*> argv = {"fairway", "load", "127.0.0.1:8080", words...};
    const Command command = ParseCommandLine(static_cast<int>(argv.size()), argv.data());
    const auto* flags = std::get_if<LoadFlags>(&command);
    if (flags == nullptr) return base::Status{base::Code::kInvalid, "refused"};
    return LoadOptionsFrom(*flags);
  }

  // Of this test alone: others run beside it.
  const std::string trace_ = testing::TempDir() +
                             testing::UnitTest::GetInstance()->current_test_info()->name() +
                             ".load_flags.jsonl";
};

TEST_F(LoadFlagsTest, WithoutMoreItIsAShortClosedLoop) {
  const auto options = Options();
  ASSERT_TRUE(options.ok()) << options.status().ToString();
  EXPECT_EQ(options->arrivals, Arrivals::kClosed);
  EXPECT_EQ(options->prompts, Prompts::kBytes);
  EXPECT_EQ(options->duration, 5s);
}

TEST_F(LoadFlagsTest, ARateOpensTheLoop) {
  EXPECT_EQ(Options("--rate", "5")->arrivals, Arrivals::kConstant);
  const auto poisson = Options("--rate", "5", "--arrivals", "poisson");
  EXPECT_EQ(poisson->arrivals, Arrivals::kPoisson);
  EXPECT_EQ(poisson->rate, 5);
  EXPECT_FALSE(Options("--arrivals", "poisson").ok()) << "at which rate?";
  EXPECT_FALSE(Options("--arrivals", "closed", "--rate", "5").ok());
}

TEST_F(LoadFlagsTest, TokensMakeSessions) {
  const auto options = Options("--prefix-tokens", "4000", "--turns", "3", "--think", "0.5");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->prompts, Prompts::kSessions);
  EXPECT_EQ(options->prefix_tokens, 4000u);
  EXPECT_EQ(options->suffix_tokens, 256u);
  EXPECT_EQ(options->turns, 3u);
  EXPECT_EQ(options->think, 500ms);
}

TEST_F(LoadFlagsTest, ATraceIsReplayedWholeAtItsTimes) {
  const auto options = Options("--trace", trace_.c_str(), "--speed", "10");
  ASSERT_TRUE(options.ok()) << options.status().ToString();
  EXPECT_EQ(options->arrivals, Arrivals::kTrace);
  EXPECT_EQ(options->prompts, Prompts::kTrace);
  EXPECT_EQ(options->trace->requests.size(), 2u);
  EXPECT_EQ(options->duration, 24h) << "until it ends";
}

TEST_F(LoadFlagsTest, ATraceGivesPromptsToAnyArrivals) {
  const auto options = Options("--trace", trace_.c_str(), "--rate", "5", "--max-context", "50");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->arrivals, Arrivals::kConstant);
  EXPECT_EQ(options->prompts, Prompts::kTrace);
  EXPECT_EQ(options->trace->requests.size(), 1u);
  EXPECT_EQ(options->left_out, 1u);
}

TEST_F(LoadFlagsTest, WhatDoesNotGoTogetherIsRefused) {
  EXPECT_FALSE(Options("--trace", trace_.c_str(), "--turns", "2").ok());
  EXPECT_FALSE(Options("--trace", "/nowhere").ok());
  EXPECT_FALSE(Options("--arrivals", "trace").ok());
  EXPECT_FALSE(Options("--api-key-file", "/nowhere").ok());
  EXPECT_FALSE(Options("--arrivals", "bursts").ok());
}

}  // namespace
}  // namespace fairway::apps
