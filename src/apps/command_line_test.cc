#include "apps/command_line.h"

#include <gtest/gtest.h>

namespace fairway::apps {
namespace {

template <class... Words>
Command Parse(Words... words) {
  const std::vector<const char*> argv = {"fairway", words...};
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

TEST(CommandLine, ServeNeedsNothingButServers) {
  const Command command = Parse("serve", "http://a:1", "http://b:2");
  const auto* serve = std::get_if<ServeFlags>(&command);
  ASSERT_NE(serve, nullptr);
  EXPECT_EQ(serve->urls, (std::vector<std::string>{"http://a:1", "http://b:2"}));
  EXPECT_EQ(serve->listen.ToString(), "127.0.0.1:8080");
  EXPECT_EQ(serve->admin.ToString(), "127.0.0.1:9901");
  EXPECT_EQ(serve->gateway.endpoint_header, gateway::EndpointHeader::kShow);
}

TEST(CommandLine, ServeTakesItsLimits) {
  const Command command =
      Parse("serve", "http://a:1", "--listen", ":8000", "--max-body-bytes", "2MB", "--idle-timeout",
            "1.5", "--hide-endpoint", "--access-log", "off");
  const auto* serve = std::get_if<ServeFlags>(&command);
  ASSERT_NE(serve, nullptr);
  EXPECT_EQ(serve->listen.port, 8000);
  EXPECT_EQ(serve->gateway.body_bytes, size_t{2} << 20);
  EXPECT_EQ(serve->gateway.idle, std::chrono::milliseconds(1500));
  EXPECT_EQ(serve->gateway.endpoint_header, gateway::EndpointHeader::kHide);
  EXPECT_EQ(serve->access_log, "off");
}

TEST(CommandLine, ServeTakesACertificateWithItsKey) {
  const Command command = Parse("serve", "https://a", "--tls-cert", "c.pem", "--tls-key", "k.pem",
                                "--upstream-ca", "ca.pem", "--upstream-api-key-file", "key");
  const auto* serve = std::get_if<ServeFlags>(&command);
  ASSERT_NE(serve, nullptr);
  EXPECT_EQ(serve->credentials.tls_certificate, "c.pem");
  EXPECT_EQ(serve->credentials.tls_key, "k.pem");
  EXPECT_EQ(serve->credentials.upstream_authorities, "ca.pem");
  EXPECT_EQ(serve->credentials.upstream_api_key_file, "key");
  EXPECT_TRUE(std::holds_alternative<Leave>(Parse("serve", "http://a", "--tls-cert", "c.pem")));
}

TEST(CommandLine, ServeTakesThePaceOfScraping) {
  const Command command = Parse("serve", "http://a:1", "--scrape-fastest", "1", "--scrape-slowest",
                                "2.5", "--scrape-cores", "0.5");
  const auto* serve = std::get_if<ServeFlags>(&command);
  ASSERT_NE(serve, nullptr);
  EXPECT_EQ(serve->scrape.fastest, std::chrono::seconds(1));
  EXPECT_EQ(serve->scrape.slowest, std::chrono::milliseconds(2500));
  EXPECT_EQ(serve->scrape.budget_cores, 0.5);
  EXPECT_TRUE(std::holds_alternative<Leave>(Parse("serve", "http://a:1", "--scrape-fastest", "0")));
}

TEST(CommandLine, WhatIsWrongIsSaidAndExitsWithTwo) {
  for (const Command& command : {Parse(), Parse("serve", "http://a:1", "--listen", "nonsense"),
                                 Parse("serve", "http://a:1", "--thread", "2"),
                                 Parse("sim", "--count", "0"), Parse("what")}) {
    const auto* leave = std::get_if<Leave>(&command);
    ASSERT_NE(leave, nullptr);
    EXPECT_EQ(leave->exit_code, 2);
    EXPECT_FALSE(leave->text.empty());
  }
}

TEST(CommandLine, SimTakesAdaptersAndProfiles) {
  const Command command = Parse("sim", "--lora", "a,b,c", "--max-loras", "2", "--profile",
                                "h100-llama-3.1-8b", "--count", "3");
  const auto* sim = std::get_if<SimFlags>(&command);
  ASSERT_NE(sim, nullptr);
  EXPECT_EQ(sim->adapters, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(sim->max_loras, 2u);
  EXPECT_EQ(sim->profile, "h100-llama-3.1-8b");
  EXPECT_EQ(sim->first.ToString(), "127.0.0.1:8001");
}

TEST(CommandLine, SimImitatesOtherEngines) {
  const Command command =
      Parse("sim", "--engine", "trtllm", "--metrics-page", "full", "--faults", "f.yaml");
  const auto* sim = std::get_if<SimFlags>(&command);
  ASSERT_NE(sim, nullptr);
  EXPECT_EQ(sim->engine, modelsim::EngineKind::kTrtllm);
  EXPECT_EQ(sim->metrics, modelsim::MetricsDetail::kFull);
  EXPECT_EQ(sim->faults, "f.yaml");
  const Command wrong = Parse("sim", "--engine", "ollama");
  EXPECT_TRUE(std::holds_alternative<Leave>(wrong));
}

TEST(CommandLine, WordsAreReadAgainOverOtherValues) {
  const Command command = Parse("serve", "--config", "c.yaml", "--idle-timeout", "3");
  const auto* serve = std::get_if<ServeFlags>(&command);
  ASSERT_NE(serve, nullptr);
  ServeFlags from_file;
  from_file.gateway.idle = std::chrono::seconds(9);
  from_file.gateway.total = std::chrono::seconds(99);
  from_file.listen.port = 1234;
  ASSERT_TRUE(ParseServeWords(serve->words, from_file).ok());
  EXPECT_EQ(from_file.gateway.idle, std::chrono::seconds(3));
  EXPECT_EQ(from_file.gateway.total, std::chrono::seconds(99));
  EXPECT_EQ(from_file.listen.port, 1234);
  EXPECT_EQ(from_file.config_file, "c.yaml");
}

TEST(CommandLine, CheckTakesTheFlagsOfServe) {
  const Command command = Parse("check", "--config", "c.yaml", "--threads", "2");
  const auto* check = std::get_if<CheckFlags>(&command);
  ASSERT_NE(check, nullptr);
  EXPECT_EQ(check->serve.config_file, "c.yaml");
  ServeFlags again;
  ASSERT_TRUE(ParseServeWords(check->serve.words, again).ok());
  EXPECT_EQ(again.threads, 2u);
}

TEST(CommandLine, HelpShowsDefaults) {
  const Command command = Parse("serve", "--help");
  const auto* leave = std::get_if<Leave>(&command);
  ASSERT_NE(leave, nullptr);
  EXPECT_EQ(leave->exit_code, 0);
  for (const char* expected : {"127.0.0.1:8080", "127.0.0.1:9901", "--max-body-bytes", "33554432"})
    EXPECT_NE(leave->text.find(expected), std::string::npos) << expected << "\n" << leave->text;
}

}  // namespace
}  // namespace fairway::apps
