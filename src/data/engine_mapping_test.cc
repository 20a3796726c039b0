#include "data/engine_mapping.h"

#include <gtest/gtest.h>

namespace fairway::data {
namespace {

TEST(SeriesName, NameAlone) {
  const auto series = ParseSeriesName(" vllm:num_requests_waiting ");
  ASSERT_TRUE(series.ok());
  EXPECT_EQ(series->family, "vllm:num_requests_waiting");
  EXPECT_TRUE(series->labels.empty());
}

TEST(SeriesName, LabelsWithAndWithoutQuotes) {
  const auto series = ParseSeriesName(R"(nv_metrics{request_type=waiting, model="a b",})");
  ASSERT_TRUE(series.ok()) << series.status().message();
  const SeriesName expected{"nv_metrics", {{"request_type", "waiting"}, {"model", "a b"}}};
  EXPECT_EQ(*series, expected);
  EXPECT_TRUE(ParseSeriesName("a{}")->labels.empty());
}

TEST(SeriesName, EmptyTurnsAFigureOff) {
  const auto series = ParseSeriesName("");
  ASSERT_TRUE(series.ok());
  EXPECT_TRUE(series->empty());
}

TEST(SeriesName, WhatIsNoneIsRefused) {
  for (const char* text : {"a b", "1a", "{x=y}", "a{x=y", "a{x}", "a{=y}", "a{x:y=z}",
                           "a{x=\"y\"z\"}", "a{x=y\\n}", "a}", "ä"})
    EXPECT_FALSE(ParseSeriesName(text).ok()) << text;
}

}  // namespace
}  // namespace fairway::data
