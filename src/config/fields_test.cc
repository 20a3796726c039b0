#include "config/fields.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace fairway::config {
namespace {

Node Parse(std::string_view text) {
  auto node = ParseYamlDocument(text, "x.yaml");
  EXPECT_TRUE(node.ok()) << node.status().ToString();
  return node.ok() ? *node : Node();
}

TEST(Fields, ReadsEachKindAndKeepsDefaults) {
  Fields fields(
      Parse("on: true\nname: n\nlist: [a, b]\nx: 0.5\nf: 1.5\nd: 2s\nu: 7\nsize: 4KiB\n"));
  bool on = false;
  std::string name;
  std::vector<std::string> list{"z"};
  double x = 0;
  float f = 0;
  base::Duration d{};
  uint16_t u = 0;
  uint64_t size = 0;
  int absent = 42;
  fields.Read("on", on);
  fields.Read("name", name);
  fields.Read("list", list);
  fields.Read("x", x, {.least = 0, .most = 1});
  fields.Read("f", f);
  fields.Read("d", d);
  fields.Read("u", u);
  fields.ReadBytes("size", size);
  fields.Read("absent", absent);
  ASSERT_TRUE(fields.Finish().ok());
  EXPECT_TRUE(on);
  EXPECT_EQ(name, "n");
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(x, 0.5);
  EXPECT_EQ(f, 1.5f);
  EXPECT_EQ(d, std::chrono::seconds(2));
  EXPECT_EQ(u, 7);
  EXPECT_EQ(size, 4096u);
  EXPECT_EQ(absent, 42);
}

TEST(Fields, AnUnknownFieldIsNamedWithItsNeighbour) {
  Fields fields(Parse("weight: 1\nwieght: 2\nzzz: 3\n"));
  double weight = 0;
  fields.Read("weight", weight);
  EXPECT_EQ(fields.Finish().message(),
            "x.yaml:2: wieght: unknown field; did you mean \"weight\"?\n"
            "x.yaml:3: zzz: unknown field");
}

TEST(Fields, ABadValueLeavesTheVariableAndIsTold) {
  Fields fields(Parse("port: 70000\nlist: 5\nratio: 2\n"));
  uint16_t port = 80;
  std::vector<std::string> list{"kept"};
  double ratio = 0.5;
  fields.Read("port", port);
  fields.Read("list", list);
  fields.Read("ratio", ratio, {.least = 0, .most = 1});
  EXPECT_EQ(fields.Finish().message(),
            "x.yaml:1: port: expected a whole number from 0 to 65535, got \"70000\"\n"
            "x.yaml:2: list: expected a list, got \"5\"\n"
            "x.yaml:3: ratio: expected a number from 0 to 1, got \"2\"");
  EXPECT_EQ(port, 80);
  EXPECT_EQ(list, std::vector<std::string>{"kept"});
  EXPECT_EQ(ratio, 0.5);
}

TEST(Fields, NullReadsAsAnEmptyMapAndAListDoesNot) {
  EXPECT_TRUE(Fields(Node()).Finish().ok());
  EXPECT_TRUE(Fields(Parse("~")).Finish().ok());
  EXPECT_EQ(Fields(Parse("[1]")).Finish().message(), "x.yaml:1: expected a map, got a list");
}

TEST(Fields, Required) {
  Fields fields(Parse("a: ~\n"));
  fields.Require("a");
  fields.Require("b");
  fields.Take("a");
  fields.Take("b");
  EXPECT_EQ(fields.Finish().message(), "x.yaml:1: a: missing\nx.yaml:1: b: missing");
}

TEST(Fields, ComplaintsAreBounded) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const std::string message = Fields(Parse(text)).Finish().message();
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 16);
  EXPECT_TRUE(message.ends_with("and 24 more")) << message;
}

TEST(Nearest, FindsMisspellingsOnly) {
  const std::vector<std::string> known{"queueThresholdTokens", "weight", "a"};
  EXPECT_EQ(Nearest("queuethresholdtoken", known), "queueThresholdTokens");
  EXPECT_EQ(Nearest("wait", known), "");
  EXPECT_EQ(Nearest("weigth", known), "weight");
  EXPECT_EQ(Nearest("b", known), "");
  EXPECT_EQ(Nearest(std::string(1000, 'w'), known), "");
}

}  // namespace
}  // namespace fairway::config
