#include "apps/serve_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "apps/command_line.h"
#include "apps/serve_schema.h"
#include "base/source_dir.h"
#include "config/yaml.h"

namespace fairway::apps {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kHead = "apiVersion: fairway.dev/v1alpha1\nkind: Fairway\n";
constexpr std::string_view kPicker =
    "---\n"
    "apiVersion: llm-d.ai/v1alpha1\n"
    "kind: EndpointPickerConfig\n"
    "metadata: {name: mine}\n"
    "plugins:\n"
    "- type: queue-scorer\n";

// As `fairway serve WORDS` with that text in c.yaml.
Result<ServeConfig> Read(std::string_view text, std::vector<std::string> words = {}) {
  words.insert(words.begin(), {"serve", "--config", "c.yaml"});
  ServeFlags flags;
  const Status parsed = ParseServeWords(words, flags);
  if (!parsed.ok()) return parsed;
  return ReadServeConfig(flags, text);
}

std::string Wrong(std::string_view text, std::vector<std::string> words = {}) {
  const auto config = Read(text, std::move(words));
  return config.ok() ? "taken" : config.status().message();
}

TEST(ServeConfig, UrlsAloneMakeThePoolDefault) {
  const auto config = Read("", {"http://10.0.0.1:8000", "http://vllm"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  ASSERT_EQ(config->pools.size(), 1u);
  EXPECT_EQ(config->pools[0].name, "default");
  EXPECT_EQ(config->pools[0].entries.size(), 2u);
  EXPECT_EQ(config->pools[0].entries[1].url.host, "vllm");
}

TEST(ServeConfig, TakesPoolsModelsAndLimits) {
  const auto config = Read(std::string(kHead) +
                           "listeners: [{address: '127.0.0.1:7000'}]\n"
                           "pools:\n"
                           "- {name: a, endpoints: ['http://10.0.0.1:1'], picker: mine}\n"
                           "- {name: b, dns: 'http://vllm.svc:8000'}\n"
                           "models:\n"
                           "- {name: m, adapters: [x, y], pool: b}\n"
                           "limits: {bodyBytes: 1MiB}\n"
                           "timeouts: {idle: 5s, drain: 1m}\n" +
                           std::string(kPicker));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->flags.listen.port, 7000);
  EXPECT_EQ(config->flags.gateway.body_bytes, size_t{1} << 20);
  EXPECT_EQ(config->flags.drain, std::chrono::minutes(1));
  ASSERT_EQ(config->pools.size(), 2u);
  EXPECT_EQ(config->pools[1].entries[0].url.host, "vllm.svc");
  data::Learned learned;
  EXPECT_EQ(MakePicker(config->pools[0], learned)->profile->scorers.size(), 1u);
  EXPECT_GT(MakePicker(config->pools[1], learned)->profile->scorers.size(), 1u);
}

TEST(ServeConfig, TheCommandLineWins) {
  const auto config = Read(std::string(kHead) + "timeouts: {idle: 5s, total: 6s}\n",
                           {"http://10.0.0.1:1", "--idle-timeout", "7"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->flags.gateway.idle, std::chrono::seconds(7));
  EXPECT_EQ(config->flags.gateway.total, std::chrono::seconds(6));
}

TEST(ServeConfig, TheUnnamedPickerIsEveryPoolsThatNamesNone) {
  std::string picker(kPicker);
  picker.erase(picker.find("metadata"), std::string("metadata: {name: mine}\n").size());
  const auto config = Read(picker, {"http://10.0.0.1:1"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  data::Learned learned;
  EXPECT_EQ(MakePicker(config->pools[0], learned)->profile->scorers.size(), 1u);
}

TEST(ServeConfig, EverythingWrongIsToldAtOnce) {
  EXPECT_EQ(Wrong(std::string(kHead) +
                  "pools:\n"
                  "- {name: east, endpoints: ['http://10.0.0.1:1'], dns: 'http://x'}\n"
                  "- {name: east, endpoints: ['ftp://x'], picker: mien}\n"
                  "models:\n"
                  "- {name: m, pool: eest}\n"
                  "- {name: n, adapters: [m], pool: east}\n"
                  "limits: {bodybytes: 1MiB, connections: 0}\n"
                  "tenants: [{}]\n" +
                  std::string(kPicker)),
            "c.yaml:9: limits.connections: expected a whole number from 1 to 1000000, got \"0\"\n"
            "c.yaml:9: limits.bodybytes: unknown field; did you mean \"bodyBytes\"?\n"
            "c.yaml:10: tenants: is not supported yet\n"
            "c.yaml:4: pools[0].endpoints: give exactly one of endpoints, file and dns\n"
            "c.yaml:5: pools[1].name: a pool named \"east\" stands above\n"
            "c.yaml:5: pools[1].picker: no EndpointPickerConfig of that name; did you mean "
            "\"mine\"?\n"
            "c.yaml:5: pools[1].endpoints: \"ftp://x\": must begin with http://, https:// or "
            "h2c://\n"
            "c.yaml:7: models[0].pool: no pool of that name; did you mean \"east\"?\n"
            "c.yaml:8: models[1]: \"m\" belongs to a pool already, at c.yaml:7\n"
            "c.yaml:14: metadata.name: no pool names this picker");
}

TEST(ServeConfig, RefusesDocumentsItDoesNotKnow) {
  EXPECT_EQ(Wrong("kind: Fairwy\n"), "c.yaml:1: kind: unknown kind; did you mean \"Fairway\"?");
  EXPECT_EQ(Wrong("a: 1\n"), "c.yaml:1: kind: missing");
  EXPECT_EQ(Wrong("kind: Fairway\n"), "c.yaml:1: apiVersion: missing");
  EXPECT_EQ(Wrong("apiVersion: v2\nkind: Fairway\n", {"http://a:1"}),
            "c.yaml:1: apiVersion: expected fairway.dev/v1alpha1, got \"v2\"");
  EXPECT_EQ(Wrong(std::string(kHead) + "---\n" + std::string(kHead), {"http://a:1"}),
            "c.yaml:5: kind: there is one such document already, at c.yaml:1");
  EXPECT_EQ(Wrong(std::string(kHead)), "no model server is named: give URLs, --endpoints or pools");
  EXPECT_EQ(Wrong("kind: [\n").substr(0, 7), "c.yaml:");
}

TEST(ServeConfig, OnePlaceNamesTheServers) {
  EXPECT_EQ(Wrong(std::string(kHead) + "pools: [{name: a, dns: 'http://x'}]\n", {"http://b:1"}),
            "model servers are named on the command line and in pools: choose one");
}

TEST(ServeConfig, WhatIsPrintedIsTheSameConfiguration) {
  const auto config = Read(std::string(kHead) +
                           "pools:\n"
                           "- {name: a, endpoints: ['http://10.0.0.1:1'], picker: mine}\n"
                           "telemetry: {endpointHeader: hide}\n" +
                           std::string(kPicker));
  ASSERT_TRUE(config.ok()) << config.status().message();
  const std::string printed = PrintServeConfig(*config);
  const auto again = Read(printed);
  ASSERT_TRUE(again.ok()) << again.status().message() << printed;
  EXPECT_EQ(PrintServeConfig(*again), printed);
}

// The reference pages. UPDATE=1 writes them anew.
void ExpectPage(const std::string& name, const std::string& page) {
  const std::string path = std::string(base::kSourceDir) + "/docs/reference/" + name;
  if (std::getenv("UPDATE") != nullptr) std::ofstream(path) << page;
  std::stringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), page) << path << " is out of date: run with UPDATE=1";
}

TEST(ServeReference, IsTrue) {
  ExpectPage("config.md", ServeConfigReference());
  ExpectPage("serve.md",
             "# fairway serve\n\nWhat `fairway serve --help` says; a test keeps it true. The same "
             "settings in a file are in\n[config.md](config.md).\n\n```\n" +
                 ServeHelp() + "```\n");
}

TEST(ServeReference, EveryFlagThatAFieldNamesExists) {
  ServeFlags flags;
  const std::string help = ServeHelp();
  for (const config::NamedField& field :
       config::FieldsOf([&flags](config::Schema& schema) { DescribeServe(schema, flags); }))
    EXPECT_NE(help.find(field.flag), std::string::npos) << field.path << " names " << field.flag;
}

}  // namespace
}  // namespace fairway::apps
