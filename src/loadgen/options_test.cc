#include "loadgen/options.h"

#include <gtest/gtest.h>

#include <functional>

namespace fairway::loadgen {
namespace {

TEST(LoadOptions, DefaultsNeedOnlyATarget) {
  LoadOptions options;
  EXPECT_EQ(Check(options).code(), base::Code::kInvalid);
  options.targets = {{"127.0.0.1", 8080}};
  EXPECT_TRUE(Check(options).ok());
}

TEST(LoadOptions, EveryLimitIsNamed) {
  const std::pair<const char*, std::function<void(LoadOptions&)>> cases[] = {
      {"connections", [](LoadOptions& o) { o.connections = 0; }},
      {"rate", [](LoadOptions& o) { o.rate = 0; }},
      {"body_bytes", [](LoadOptions& o) { o.body_bytes = 1u << 30; }},
      {"groups", [](LoadOptions& o) { o.groups = 0; }},
      {"speed", [](LoadOptions& o) { o.speed = 0; }},
      {"think", [](LoadOptions& o) { o.think = -std::chrono::seconds(1); }},
      {"bytes_per_token", [](LoadOptions& o) { o.bytes_per_token = 0; }},
      {"turns",
       [](LoadOptions& o) {
         o.prompts = Prompts::kSessions;
         o.turns = 0;
       }},
      {"no trace", [](LoadOptions& o) { o.arrivals = Arrivals::kTrace; }},
      {"no trace",
       [](LoadOptions& o) {
         o.prompts = Prompts::kTrace;
         o.trace = std::make_shared<const Trace>();
       }},
      {"groups times body_bytes",
       [](LoadOptions& o) {
         o.groups = 4096;
         o.body_bytes = 1 << 20;
       }},
      {"prefix_share", [](LoadOptions& o) { o.prefix_share = 1.5; }},
      {"max_tokens", [](LoadOptions& o) { o.max_tokens = 0; }},
      {"duration", [](LoadOptions& o) { o.duration = {}; }},
      {"request_timeout", [](LoadOptions& o) { o.request_timeout = {}; }},
  };
  for (const auto& [name, spoil] : cases) {
    LoadOptions options;
    options.targets = {{"127.0.0.1", 8080}};
    spoil(options);
    const base::Status checked = Check(options);
    EXPECT_EQ(checked.code(), base::Code::kInvalid) << name;
    EXPECT_TRUE(checked.message().starts_with(name)) << checked.message();
  }
}

}  // namespace
}  // namespace fairway::loadgen
