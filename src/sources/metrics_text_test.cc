#include "sources/metrics_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace fairway::sources {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"vllm:running", "vllm:waiting", "vllm:wait",
                                                    "vllm:info"};

const WantedFamilies& Wanted() {
  static const WantedFamilies wanted(kNames);
  return wanted;
}

struct Read {
  std::vector<std::string> samples;  // "name{labels}=value"
  size_t bad_lines = 0;
};

Read ReadPage(std::string_view page) {
  Read read;
  MetricsTextReader reader(page, Wanted());
  Sample sample;
  while (reader.Next(sample)) {
    std::string text(kNames[sample.family].substr(5));
    text += '{';
    text += sample.labels;
    text += "}=";
    text += std::isnan(sample.value) ? "nan" : std::to_string(sample.value);
    read.samples.push_back(text);
  }
  read.bad_lines = reader.bad_lines();
  return read;
}

using Samples = std::vector<std::string>;

TEST(MetricsText, ReadsOnlyWhatIsWanted) {
  const Read read = ReadPage(
      "# HELP vllm:running Requests.\n"
      "# TYPE vllm:running gauge\n"
      "vllm:running{engine=\"0\"} 3.0\n"
      "vllm:running_other{engine=\"0\"} 4.0\n"
      "vllm:runnin 5\n"
      "other 6\n"
      "vllm:waiting 7\n"
      "vllm:wait 8\n"
      "vllm:wai 9\n");
  EXPECT_EQ(read.samples,
            (Samples{"running{engine=\"0\"}=3.000000", "waiting{}=7.000000", "wait{}=8.000000"}));
  EXPECT_EQ(read.bad_lines, 0u);
}

TEST(MetricsText, ReadsEveryShapeOfNumber) {
  const Read read = ReadPage(
      "vllm:wait 1.5e+02\nvllm:wait -2\nvllm:wait +3\nvllm:wait NaN\n"
      "vllm:wait +Inf\nvllm:wait -Inf\nvllm:wait .5\n");
  EXPECT_EQ(read.samples, (Samples{"wait{}=150.000000", "wait{}=-2.000000", "wait{}=3.000000",
                                   "wait{}=nan", "wait{}=inf", "wait{}=-inf", "wait{}=0.500000"}));
}

TEST(MetricsText, ToleratesTimestampsExemplarsBlanksAndCrLf) {
  const Read read = ReadPage(
      "vllm:wait 1 1795233338123\r\n"
      "vllm:wait 2 1795233338.123 # {trace_id=\"a\"} 0.67 1795233338\r\n"
      "vllm:wait 3 # {trace_id=\"a b\"} 0.67\n"
      "vllm:wait\t {a=\"1\" , b=\"2\",} \t4  \n"
      "\n"
      "   \n"
      "vllm:wait{} 5");
  EXPECT_EQ(read.samples, (Samples{"wait{}=1.000000", "wait{}=2.000000", "wait{}=3.000000",
                                   "wait{a=\"1\" , b=\"2\",}=4.000000", "wait{}=5.000000"}));
  EXPECT_EQ(read.bad_lines, 0u);
}

TEST(MetricsText, StopsAtOpenMetricsEnd) {
  EXPECT_EQ(ReadPage("vllm:wait 1\n# EOF\nvllm:wait 2\n").samples, (Samples{"wait{}=1.000000"}));
}

TEST(MetricsText, SkipsAndCountsBadLines) {
  for (const std::string_view bad : {
           "vllm:wait ",
           "vllm:wait x",
           "vllm:wait 1x",
           "vllm:wait 1 x",
           "vllm:wait 1 2 3",
           "vllm:wait +-1",
           "vllm:wait 1e999",
           "vllm:wait{ 1",
           "vllm:wait{a} 1",
           "vllm:wait{a=} 1",
           "vllm:wait{a=1} 1",
           "vllm:wait{a=\"1} 1",
           "vllm:wait{a=\"1\\\"} 1",
           "vllm:wait{=\"1\"} 1",
           "vllm:wait{a=\"1\" b=\"2\"} 1",
           "vllm:wait{a=\"1\"}",
           "vllm:wait{a=\"1\"}}1",
           "vllm:wait{a\"=\"1\"} 1",
       }) {
    const Read read = ReadPage("vllm:running 1\n" + std::string(bad) + "\nvllm:waiting 2\n");
    EXPECT_EQ(read.samples, (Samples{"running{}=1.000000", "waiting{}=2.000000"})) << bad;
    EXPECT_EQ(read.bad_lines, 1u) << bad;
  }
}

TEST(MetricsText, ReadsLabelValuesWithSyntaxInThem) {
  const std::string page = R"(vllm:info{a="x}y",b="1,2",c="q\"\\\n",d=""} 1)";
  MetricsTextReader reader(page, Wanted());
  Sample sample;
  ASSERT_TRUE(reader.Next(sample));
  std::string scratch;
  EXPECT_EQ(FindLabel(sample.labels, "a")->value, "x}y");
  EXPECT_EQ(FindLabel(sample.labels, "b")->value, "1,2");
  const auto escaped = FindLabel(sample.labels, "c");
  ASSERT_TRUE(escaped && escaped->escaped);
  EXPECT_EQ(Unescape(*escaped, scratch), "q\"\\\n");
  EXPECT_EQ(FindLabel(sample.labels, "d")->value, "");
  EXPECT_FALSE(FindLabel(sample.labels, "e"));
}

TEST(MetricsText, UnescapesWithoutCopyWhenThereIsNothingToDo) {
  std::string scratch;
  const std::string_view plain = "tiny";
  EXPECT_EQ(Unescape({.name = "m", .value = plain, .escaped = false}, scratch).data(),
            plain.data());
  EXPECT_EQ(Unescape({.name = "m", .value = "a\\tb\\", .escaped = true}, scratch), "a\\tb\\");
}

TEST(MetricsText, EndsOnEveryPrefixOfAPage) {
  const std::string page =
      "# TYPE vllm:info gauge\nvllm:info{a=\"x\\\"y\",b=\"2\"} 1.5 17 # {t=\"1\"} 2\r\nvllm:wait "
      "2\n";
  for (size_t length = 0; length <= page.size(); ++length) {
    const std::string part = page.substr(0, length);  // its own bytes, so that ASan sees the end
    EXPECT_LE(ReadPage(part).samples.size(), 2u);
  }
}

TEST(MetricsText, MatchesFamiliesThatShareAllOrNothing) {
  constexpr std::array<std::string_view, 3> names = {"a", "ab", "zz"};
  const WantedFamilies wanted(names);
  EXPECT_EQ(wanted.Match("a 1"), 0u);
  EXPECT_EQ(wanted.Match("ab{x=\"1\"} 1"), 1u);
  EXPECT_EQ(wanted.Match("zz\t1"), 2u);
  EXPECT_FALSE(wanted.Match("a"));
  EXPECT_FALSE(wanted.Match("abc 1"));
  EXPECT_FALSE(wanted.Match(""));
}

}  // namespace
}  // namespace fairway::sources
