#include "obs/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairway::obs {
namespace {

// Collects what is logged, at a time that the test sets.
class LogTest : public testing::Test {
 protected:
  void Configure(LogFormat format, Level level = Level::kInfo) {
    ConfigureLog({.level = level,
                  .format = format,
                  .lines_per_second = 3,
                  .clock = [this] { return now_; },
                  .out = [this](std::string_view line) { lines_.emplace_back(line); }});
  }
  void TearDown() override { ConfigureLog({}); }

  base::WallTime now_ = base::WallTime(std::chrono::milliseconds(1'795'233'338'123));
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesText) {
  Configure(LogFormat::kText);
  Log(Level::kWarning, "scrape failed",
      {{"endpoint", "10.0.0.1:8000"}, {"tries", 3}, {"why", "no route"}, {"empty", ""}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0],
            "2026-11-21T03:55:38.123Z warning: scrape failed endpoint=10.0.0.1:8000 tries=3 "
            "why=\"no route\" empty=\"\"");
}

TEST_F(LogTest, WritesJson) {
  Configure(LogFormat::kJson);
  Log(Level::kError, "bad \"thing\"",
      {{"s", std::string("a\nb")},
       {"u", uint64_t{18446744073709551615u}},
       {"d", 0.5},
       {"b", true}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0],
            "{\"ts\":\"2026-11-21T03:55:38.123Z\",\"level\":\"error\",\"message\":\"bad "
            "\\\"thing\\\"\",\"s\":\"a\\u000ab\",\"u\":18446744073709551615,\"d\":0.5,\"b\":true}");
}

TEST_F(LogTest, NeverLetsAMessageFakeALine) {
  Configure(LogFormat::kText);
  Log(Level::kError, "upstream said: x\n2026 error: fake", {{"k", "a\nb"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
}

TEST_F(LogTest, LeavesLowerLevelsOut) {
  Configure(LogFormat::kText, Level::kWarning);
  Log(Level::kInfo, "no");
  Log(Level::kWarning, "yes");
  EXPECT_EQ(lines_.size(), 1u);
  EXPECT_FALSE(Logs(Level::kInfo));
  EXPECT_TRUE(Logs(Level::kError));
  EXPECT_FALSE(Logs(Level::kOff));
}

TEST_F(LogTest, CutsACallSiteThatRepeatsItself) {
  Configure(LogFormat::kText);
  const auto repeat = [](int n) {
    for (int i = 0; i < n; ++i) Log(Level::kInfo, "again");
  };
  repeat(10);
  EXPECT_EQ(lines_.size(), 3u);
  Log(Level::kInfo, "another site");
  EXPECT_EQ(lines_.size(), 4u);

  now_ += std::chrono::milliseconds(999);
  repeat(1);
  EXPECT_EQ(lines_.size(), 4u);
  now_ += std::chrono::milliseconds(1);
  repeat(2);
  ASSERT_EQ(lines_.size(), 6u);
  EXPECT_TRUE(lines_[4].ends_with("again suppressed=8")) << lines_[4];
  EXPECT_TRUE(lines_[5].ends_with("again")) << lines_[5];
}

TEST_F(LogTest, WritesToStderrByDefault) {
  ConfigureLog({});
  testing::internal::CaptureStderr();
  Log(Level::kInfo, "hello", {{"n", 1}});
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(out.ends_with(" info: hello n=1\n")) << out;
}

}  // namespace
}  // namespace fairway::obs
