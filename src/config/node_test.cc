#include "config/node.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace fairway::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Node Parse(std::string_view text) {
  auto node = ParseYamlDocument(text, "x.yaml");
  EXPECT_TRUE(node.ok()) << node.status().ToString();
  return node.ok() ? *node : Node();
}

template <class T>
std::string Complaint(const base::Result<T>& result) {
  return result.ok() ? "" : result.status().message();
}

TEST(Node, ScalarsReadAsWhatTheyAre) {
  const Node root = Parse("t: hello\nn: 2.5\ni: -7\nhex: 0x10\nyes: true\nq: \"12\"\nplus: +3\n");
  EXPECT_EQ(*root.Get("t").Text(), "hello");
  EXPECT_EQ(*root.Get("n").Number(), 2.5);
  EXPECT_EQ(*root.Get("i").Integer(), -7);
  EXPECT_EQ(*root.Get("i").Number(), -7);
  EXPECT_EQ(*root.Get("hex").Integer(), 16);
  EXPECT_EQ(*root.Get("plus").Integer(), 3);
  EXPECT_TRUE(*root.Get("yes").Bool());
  EXPECT_EQ(*root.Get("q").Text(), "12");
  EXPECT_EQ(*root.Get("n").Text(), "2.5");
}

TEST(Node, ComplaintsNameFileLineFieldAndWhatStandsThere) {
  const Node root = Parse("a: 1\nplugins:\n  - weight: abc\n    on: yes\n  - [1]\n");
  const std::vector<Node> plugins = root.Get("plugins").Items();
  EXPECT_EQ(Complaint(plugins[0].Get("weight").Number()),
            "x.yaml:3: plugins[0].weight: expected a number, got \"abc\"");
  EXPECT_EQ(Complaint(plugins[0].Get("on").Bool()),
            "x.yaml:4: plugins[0].on: expected true or false, got \"yes\"");
  EXPECT_EQ(Complaint(plugins[1].Text()), "x.yaml:5: plugins[1]: expected text, got a list");
  EXPECT_EQ(Complaint(plugins[1].Items()[0].Number({.least = 2, .most = 3})),
            "x.yaml:5: plugins[1][0]: expected a number from 2 to 3, got \"1\"");
  EXPECT_EQ(Complaint(root.Get("a").Integer({.least = 2})),
            "x.yaml:1: a: expected a whole number of at least 2, got \"1\"");
}

TEST(Node, AQuotedNumberIsText) {
  const Node root = Parse("n: \"5\"\nb: 'true'\n");
  EXPECT_EQ(Complaint(root.Get("n").Number()),
            "x.yaml:1: n: expected a number, got the text \"5\"");
  EXPECT_FALSE(root.Get("b").Bool().ok());
}

TEST(Node, NumbersThatAreNone) {
  for (const char* text : {"nan", ".inf", "inf", "1e999", "0x", "1 2", "--1", "1_000", "\"\""}) {
    const Node node = Parse(text);
    EXPECT_FALSE(node.Number().ok()) << text;
    EXPECT_FALSE(node.Integer().ok()) << text;
  }
  EXPECT_FALSE(Parse("1.5").Integer().ok());
  EXPECT_FALSE(Parse("9223372036854775808").Integer().ok());
  EXPECT_FALSE(Parse("0x-5").Integer().ok());
}

TEST(Node, Durations) {
  EXPECT_EQ(*Parse("250ms").Duration(), milliseconds(250));
  EXPECT_EQ(*Parse("1.5s").Duration(), milliseconds(1500));
  EXPECT_EQ(*Parse("1m30s").Duration(), seconds(90));
  EXPECT_EQ(*Parse("0").Duration(), seconds(0));
  for (const char* text : {"5", "-1s", "1y", "s", "99999999999h", "[]", "1e3s"})
    EXPECT_FALSE(Parse(text).Duration().ok()) << text;
}

TEST(Node, Sizes) {
  EXPECT_EQ(*Parse("65536").Bytes(), 65536u);
  EXPECT_EQ(*Parse("64KiB").Bytes(), 65536u);
  EXPECT_EQ(*Parse("1.5Gi").Bytes(), 1610612736u);
  for (const char* text : {"-1", "1KB1", "many", "1e30G", "{}"})
    EXPECT_FALSE(Parse(text).Bytes().ok()) << text;
}

TEST(Node, AnAbsentNodeKnowsWhereItIsMissing) {
  const Node root = Parse("a:\n  b:\n    c: 1\n");
  const Node missing = root.Get("a").Get("b").Get("d");
  EXPECT_TRUE(missing.IsNull());
  EXPECT_EQ(missing.Key(), "d");
  EXPECT_EQ(missing.Error("missing").message(), "x.yaml:2: a.b.d: missing");
  EXPECT_EQ(Complaint(missing.Text()), "x.yaml:2: a.b.d: expected text, got nothing");
}

TEST(Node, ANodeOfNoDocumentReadsAsNull) {
  const Node none;
  EXPECT_TRUE(none.IsNull());
  EXPECT_TRUE(none.Items().empty());
  EXPECT_TRUE(none.Get("x").IsNull());
  EXPECT_EQ(none.Get("x").Where(), "(default)");
}

TEST(Node, OutlivesItsDocument) {
  Node inner;
  {
    const Node root = Parse("a: {b: 5}");
    inner = root.Get("a").Get("b");
  }
  EXPECT_EQ(*inner.Integer(), 5);
}

TEST(Node, MessagesStayShortAndPrintable) {
  const Node root =
      Parse("\"" + std::string(500, 'k') + "\": \"a\\nb\\x01" + std::string(5000, 'v') + "\"");
  const std::string message = Complaint(root.Items()[0].Number());
  EXPECT_LT(message.size(), 200u);
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_NE(message.find("a?b?"), std::string::npos) << message;
}

}  // namespace
}  // namespace fairway::config
