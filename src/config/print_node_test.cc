#include "config/print_node.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace fairway::config {
namespace {

std::string Again(std::string_view text) {
  const auto root = ParseYamlDocument(text, "t.yaml");
  EXPECT_TRUE(root.ok()) << root.status().message();
  return PrintNode(*root);
}

TEST(PrintNode, WritesWhatWasReadInOneForm) {
  const std::string printed = Again(
      "# a comment\n"
      "kind: Thing\n"
      "list: [1, two, \"3\", {a: b, c: [x]}, [y, z], {}, []]\n"
      "map: {inner: {deep: 'text: with colon'}, none: , flag: true, weight: 2.5}\n");
  EXPECT_EQ(printed,
            "kind: Thing\n"
            "list:\n"
            "- 1\n"
            "- two\n"
            "- \"3\"\n"
            "- a: b\n"
            "  c:\n"
            "    - x\n"
            "- - y\n"
            "  - z\n"
            "- {}\n"
            "- []\n"
            "map:\n"
            "  inner:\n"
            "    deep: \"text: with colon\"\n"
            "  none: null\n"
            "  flag: true\n"
            "  weight: 2.5\n");
  EXPECT_EQ(Again(printed), printed);
}

TEST(PrintNode, QuotesWhatWouldReadAsSomethingElse) {
  const std::string printed = Again("a: '12'\nb: 'true'\nc: 'null'\nd: \"x\\ny\\\"\"\ne: ''\n");
  EXPECT_EQ(printed, "a: \"12\"\nb: \"true\"\nc: \"null\"\nd: \"x\\x0ay\\\"\"\ne: \"\"\n");
  EXPECT_EQ(Again(printed), printed);
}

}  // namespace
}  // namespace fairway::config
