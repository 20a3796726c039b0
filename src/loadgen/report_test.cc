#include "loadgen/report.h"

#include <gtest/gtest.h>

#include <chrono>

#include "json/reader.h"

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

LoadReport Example() {
  LoadReport report;
  report.options.label = "nginx";
  report.options.arrivals = Arrivals::kConstant;
  report.options.rate = 200;
  report.request_bytes = 1024;
  report.elapsed = 2s;
  report.started = 403;
  report.ok = report.answered = 400;
  report.failures[static_cast<size_t>(Failure::kCut)] = 1;
  report.failures[static_cast<size_t>(Failure::kStatus)] = 2;
  report.statuses = {{200, 400}, {503, 2}};
  report.endpoints = {{"a", 300}, {"b", 100}};
  for (int i = 1; i <= 400; ++i) report.latency.Add(i * 10us);
  report.seconds = {{200, 198, 2, 4ms, 400ms}, {200, 202, 1, 3ms, 203ms}};
  report.processes = {{"proxy", 8ms, 10 << 20, 12 << 20, 13 << 20}};
  report.own_cpu = 500ms;
  report.machine_cpu = 708ms;
  return report;
}

TEST(LoadReport, Derives) {
  const LoadReport report = Example();
  EXPECT_EQ(report.failed(), 3u);
  EXPECT_DOUBLE_EQ(report.AnswersPerSecond(), 200);
  EXPECT_EQ(report.CpuPerAnswer(report.processes[0]), 20us);
  const LoadReport empty;
  EXPECT_EQ(empty.AnswersPerSecond(), 0);
  EXPECT_EQ(empty.CpuPerAnswer({}), 0us);
}

TEST(LoadReport, IsJson) {
  json::Reader reader;
  const std::string text = ToJson(Example());
  const auto read = reader.Read(text);
  ASSERT_TRUE(read.ok()) << text;
  const json::Value& root = *read;
  EXPECT_EQ(root["label"].String(), "nginx");
  EXPECT_EQ(root["arrivals"].String(), "constant");
  EXPECT_EQ(root["rate"].Double(), 200);
  EXPECT_EQ(root["ok"].Int(), 400);
  EXPECT_EQ(root["failed"].Int(), 3);
  EXPECT_EQ(root["failures"]["cut"].Int(), 1);
  EXPECT_EQ(root["failures"]["status"].Int(), 2);
  EXPECT_FALSE(root["failures"]["timeout"]);
  EXPECT_EQ(root["statuses"]["503"].Int(), 2);
  EXPECT_EQ(root["endpoints"]["a"].Int(), 300);
  EXPECT_NEAR(*root["latency_ms"]["p50"].Double(), 2.0, 0.02);
  EXPECT_NEAR(*root["latency_ms"]["p99"].Double(), 3.96, 0.04);
  EXPECT_EQ(root["latency_ms"]["max"].Double(), 4.0);
  EXPECT_FALSE(root["itl_ms"]) << "of streams only";
  EXPECT_EQ(root["processes"]["proxy"]["cpu_us_per_answer"].Double(), 20.0);
  EXPECT_EQ(root["processes"]["proxy"]["rss_mb_after"].Double(), 12.0);
  EXPECT_EQ(root["own_cores"].Double(), 0.25);
  EXPECT_EQ(root["foreign_cores"].Double(), 0.1);
  ASSERT_EQ(root["seconds"].Elements().size(), 2u);
  EXPECT_EQ(root["seconds"].Elements()[0]["mean_ms"].Double(), 2.0);
}

TEST(LoadReport, ATableShowsWhatCounts) {
  LoadReport report = Example();
  report.tokens = {.answers = 400, .prompt = 4000, .cached = 1000, .completion = 800};
  const std::string table = ToTable(report);
  for (const char* expected :
       {"nginx: open loop, constant 200/s", "requests   200.0/s: 403 due, 400 ok, 3 failed",
        "cut 1", "HTTP 503 2", "400/s out, 2000/s in, 25.0 % of those cached", " a 75.0 % b 25.0 %",
        "proxy      20.0 us of CPU an answer"}) {
    EXPECT_NE(table.find(expected), std::string::npos) << expected << "\n" << table;
  }
  EXPECT_EQ(table.find("goodput"), std::string::npos) << "no objective, no goodput";
  EXPECT_EQ(table.find("note:"), std::string::npos);
}

TEST(LoadReport, ATableSaysWhichLimitBit) {
  LoadReport report = Example();
  report.waited = 7;
  report.failures[static_cast<size_t>(Failure::kDropped)] = 3;
  report.options.left_out = 5;
  report.options.objective.first_token = 500ms;
  report.good = 100;
  const std::string table = ToTable(report);
  for (const char* expected : {"7 requests waited for one of 32 connections", "were dropped",
                               "5 requests of the trace", "goodput    50.0/s"}) {
    EXPECT_NE(table.find(expected), std::string::npos) << expected << "\n" << table;
  }
}

TEST(LoadReport, EveryFailureHasAName) {
  for (size_t i = 0; i < kFailures; ++i) EXPECT_NE(FailureName(static_cast<Failure>(i)), "?");
}

}  // namespace
}  // namespace fairway::loadgen
