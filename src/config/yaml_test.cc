#include "config/yaml.h"

#include <gtest/gtest.h>

namespace fairway::config {
namespace {

std::string Complaint(std::string_view text, const Limits& limits = {}) {
  const auto parsed = ParseYaml(text, "x.yaml", limits);
  return parsed.ok() ? "" : parsed.status().message();
}

TEST(Yaml, DocumentsInOrderEmptyOnesLeftOut) {
  const auto documents = ParseYaml("---\na: 1\n---\n---\n~\n---\n- b\n", "x.yaml");
  ASSERT_TRUE(documents.ok());
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ(*(*documents)[0].Get("a").Integer(), 1);
  EXPECT_EQ((*documents)[1].Items()[0].Where(), "x.yaml:7");
}

TEST(Yaml, AnEmptyTextIsNull) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n"}) {
    const auto node = ParseYamlDocument(text, "x.yaml");
    ASSERT_TRUE(node.ok()) << text;
    EXPECT_TRUE(node->IsNull());
  }
  EXPECT_FALSE(ParseYamlDocument("a: 1\n---\nb: 2\n", "x.yaml").ok());
}

TEST(Yaml, SyntaxErrorsNameTheLine) {
  EXPECT_TRUE(Complaint("a: 1\nb: [1, 2\nc: 3\n").starts_with("x.yaml:")) << Complaint("b: [");
  EXPECT_TRUE(Complaint("a: 1\n\tb: 2\n").starts_with("x.yaml:2: "));
}

TEST(Yaml, AQuotedTextThatNeverEndsIsAFileCutShort) {
  EXPECT_EQ(Complaint("a: 1\nb: \"cut\n"), "x.yaml:2: this quoted text never ends");
  EXPECT_EQ(Complaint("'it''s cut\n"), "x.yaml:1: this quoted text never ends");
  EXPECT_EQ(Complaint("- &x !!str \"cut \\\"\n"), "x.yaml:1: this quoted text never ends");
  EXPECT_EQ(Complaint("a: \"whole\""), "");
  EXPECT_EQ(Complaint("a: 'it''s'\n# more\n"), "");
  EXPECT_EQ(Complaint("a: |\n  it\"s\n"), "");
  EXPECT_EQ(Complaint("- 'x'\n- |\n  \"\n"), "");
}

TEST(Yaml, WhatWeRefuse) {
  EXPECT_EQ(Complaint("a: 1\nb: 2\na: 3\n"), "x.yaml:3: a: this key is here twice");
  EXPECT_EQ(Complaint("base: &b {x: 1}\nc:\n  <<: *b\n"),
            "x.yaml:3: merge keys (<<) are not supported");
  EXPECT_EQ(Complaint("[1, 2]: x\n"), "x.yaml:1: a key must be text");
  EXPECT_EQ(Complaint("~: x\n"), "x.yaml:1: a key must be text");
  EXPECT_EQ(Complaint("a: !!python/object x\n"), "x.yaml:1: this tag is not supported");
  EXPECT_EQ(Complaint("a: &a [*a]\n"), "x.yaml:1: this alias names nothing that ends before it");
  EXPECT_TRUE(Complaint("a: *nobody\n").starts_with("x.yaml:1: "));
}

TEST(Yaml, CoreTagsDecideWhatAScalarIs) {
  const auto root = ParseYamlDocument("s: !!str 5\nn: !!null ''\ni: !!int 5\n", "x.yaml");
  ASSERT_TRUE(root.ok()) << root.status().ToString();
  EXPECT_FALSE(root->Get("s").Integer().ok());
  EXPECT_TRUE(root->Get("n").IsNull());
  EXPECT_EQ(*root->Get("i").Integer(), 5);
}

TEST(Yaml, AliasesAreCopies) {
  const auto root =
      ParseYamlDocument("a: &a {x: [1, {y: 2}], z: &z 3}\nb: *a\nc: [*a, *z]\n", "x.yaml");
  ASSERT_TRUE(root.ok()) << root.status().ToString();
  const Node copy = root->Get("c").Items()[0];
  EXPECT_EQ(*copy.Get("x").Items()[1].Get("y").Integer(), 2);
  EXPECT_EQ(copy.Get("x").Items()[1].Get("y").Path(), "c[0].x[1].y");
  EXPECT_EQ(root->Get("b").Get("z").Path(), "b.z");
  EXPECT_EQ(*root->Get("c").Items()[1].Integer(), 3);
  EXPECT_EQ(root->Get("c").Items().size(), 2u);
}

TEST(Yaml, AliasBombsAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? ", " : "") + before;
    text += "]\n";
  }
  EXPECT_NE(Complaint(text).find("more than 200000 values, aliases expanded"), std::string::npos);
  std::string long_text = "a: &a " + std::string(1'000'000, 'x') + "\nb: [";
  for (int i = 0; i < 100; ++i) long_text += "*a,";
  EXPECT_NE(Complaint(long_text + "]\n").find("bytes of text"), std::string::npos);
}

TEST(Yaml, Limits) {
  EXPECT_EQ(Complaint("a: 1\n", {.bytes = 3}), "x.yaml: larger than 3 bytes");
  EXPECT_NE(Complaint(std::string(65, '[') + std::string(65, ']')).find("nested deeper than 64"),
            std::string::npos);
  EXPECT_EQ(Complaint(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_NE(Complaint(std::string(100'000, '[')), "");
  EXPECT_EQ(Complaint("a\n---\nb\n---\nc\n", {.documents = 2}), "x.yaml: more than 2 documents");
  EXPECT_NE(Complaint("[1, 2, 3]", {.items = 3}).find("more than 3 values"), std::string::npos);
}

}  // namespace
}  // namespace fairway::config
