#include "config/schema.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace fairway::config {
namespace {

using namespace std::chrono_literals;

struct Item {
  std::string name = "unnamed";
  size_t count = 1;
};
struct Everything {
  std::string text = "a \"b\"\n";
  std::vector<std::string> texts = {"x", "y: z"};
  bool on = true;
  size_t count = 3;
  double share = 0.25;
  size_t bytes = 64 * 1024;
  base::Duration time = 1500ms;
  std::string color = "red";
  std::string inner = "deep";
  std::vector<Item> items;
};

void Describe(Schema& schema, Everything& e) {
  schema.Text({"text", "Some text.", "--text"}, e.text);
  schema.Texts({"texts", "Several."}, e.texts);
  schema.Switch({"on", "Whether."}, e.on);
  schema.Count({"count", "How many."}, e.count, {1, 10});
  schema.Number({"share", "How much."}, e.share, {0, 1});
  schema.Bytes({"bytes", "How big."}, e.bytes);
  schema.Time({"time", "How long."}, e.time);
  schema.Formed({"color", "Which."},
                {.name = "red or blue", .shown = e.color, .take = [&](std::string_view text) {
                   if (text != "red" && text != "blue")
                     return base::Status(base::Code::kInvalid, "expected red or blue");
                   e.color = text;
                   return base::Status();
                 }});
  schema.Map({"within", "A map."}, [&](Schema& of) { of.Text({"inner", "Deep."}, e.inner); });
  schema.Refuse("later", "is not there yet");
  MapsOf(schema, {"items", "Things."}, e.items, [](Schema& of, Item& item) {
    of.Text({"name", "Its name."}, item.name);
    of.Count({"count", "Of it."}, item.count, {0, 9});
    if (item.name == "bad") of.Complain(of.Here().Error("a bad item"));
  });
}

Schema::Inside Of(Everything& e) {
  return [&e](Schema& schema) { Describe(schema, e); };
}

base::Status ReadText(std::string_view text, Everything& into) {
  const base::Result<Node> root = ParseYamlDocument(text, "c.yaml");
  EXPECT_TRUE(root.ok()) << root.status().message();
  return ReadAs(*root, Of(into));
}

TEST(Schema, ReadsWhatIsGivenAndLeavesTheRest) {
  Everything e;
  ASSERT_TRUE(ReadText("count: 7\ntime: 2m\ncolor: blue\nbytes: 1MiB\nwithin: {inner: b}\n"
                       "items: [{name: i}, {count: 4}]\n",
                       e)
                  .ok());
  EXPECT_EQ(e.count, 7u);
  EXPECT_EQ(e.time, 2min);
  EXPECT_EQ(e.color, "blue");
  EXPECT_EQ(e.bytes, size_t{1} << 20);
  EXPECT_EQ(e.inner, "b");
  ASSERT_EQ(e.items.size(), 2u);
  EXPECT_EQ(e.items[0].name, "i");
  EXPECT_EQ(e.items[1].name, "unnamed");
  EXPECT_EQ(e.items[1].count, 4u);
  EXPECT_EQ(e.share, 0.25);
}

TEST(Schema, TellsAllComplaintsWithTheirPlaces) {
  Everything e;
  EXPECT_EQ(ReadText("count: 11\n"
                     "color: green\n"
                     "within:\n"
                     "  iner: b\n"
                     "items:\n"
                     "- {name: bad}\n"
                     "- {conut: 1}\n"
                     "- 3\n"
                     "onn: true\n"
                     "later: 1\n",
                     e)
                .message(),
            "c.yaml:1: count: expected a whole number from 1 to 10, got \"11\"\n"
            "c.yaml:2: color: expected red or blue\n"
            "c.yaml:4: within.iner: unknown field; did you mean \"inner\"?\n"
            "c.yaml:10: later: is not there yet\n"
            "c.yaml:6: items[0]: a bad item\n"
            "c.yaml:7: items[1].conut: unknown field; did you mean \"count\"?\n"
            "c.yaml:8: items[2]: expected a map, got \"3\"\n"
            "c.yaml:9: onn: unknown field; did you mean \"on\"?");
}

TEST(Schema, WhatIsPrintedReadsBackTheSame) {
  Everything e;
  e.items = {{.name = "one", .count = 2}, {.name = "two", .count = 3}};
  const std::string printed = PrintAs(Of(e));
  EXPECT_EQ(printed,
            "text: \"a \\\"b\\\"\\x0a\"\n"
            "texts: [\"x\", \"y: z\"]\n"
            "on: true\n"
            "count: 3\n"
            "share: 0.25\n"
            "bytes: 64KiB\n"
            "time: 1500ms\n"
            "color: \"red\"\n"
            "within:\n"
            "  inner: \"deep\"\n"
            "items:\n"
            "- name: \"one\"\n"
            "  count: 2\n"
            "- name: \"two\"\n"
            "  count: 3\n");
  Everything back;
  back.text = "other";
  back.items.clear();
  ASSERT_TRUE(ReadText(printed, back).ok());
  EXPECT_EQ(PrintAs(Of(back)), printed);
}

TEST(Schema, TheReferenceHasATableForEachMap) {
  Everything e;
  const std::string page = ReferenceOf("All", Of(e));
  for (const char* line : {"\n## All\n", "| `text` | text | `a \"b\"\n` | `--text` | Some text. |",
                           "| `count` | whole number 1 to 10 | `3` |  | How many. |",
                           "| `color` | red or blue | `red` |  | Which. |", "\n## `within`\n",
                           "| `inner` | text | `deep` |  | Deep. |", "\n## `items[]`\n",
                           "| `name` | text | `unnamed` |  | Its name. |"})
    EXPECT_NE(page.find(line), std::string::npos) << line << "\n" << page;
}

TEST(Schema, FieldsCanBeListedWithTheirFlags) {
  Everything e;
  const std::vector<NamedField> fields = FieldsOf(Of(e));
  ASSERT_EQ(fields.size(), 13u);
  EXPECT_EQ(fields[0].path, "text");
  EXPECT_EQ(fields[0].flag, "--text");
  EXPECT_EQ(fields[9].path, "within.inner");
  EXPECT_EQ(fields[11].path, "items[].name");
}

}  // namespace
}  // namespace fairway::config
