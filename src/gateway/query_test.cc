#include "gateway/query.h"

#include <gtest/gtest.h>

namespace fairway::gateway {
namespace {

std::string Model(std::string_view query) {
  const auto value = QueryValue(query, "model");
  return value.ok() ? *value : "refused";
}

TEST(QueryValue, FindsAndDecodes) {
  EXPECT_EQ(Model("model=m"), "m");
  EXPECT_EQ(Model("a=b&model=gpt-4o&c"), "gpt-4o");
  EXPECT_EQ(Model("model=org%2Fname%201+x"), "org/name 1 x");
  EXPECT_EQ(Model("%6dodel=m"), "m");
  EXPECT_EQ(Model("model=a=b"), "a=b");
}

TEST(QueryValue, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(Model(""), "");
  EXPECT_EQ(Model("model"), "");
  EXPECT_EQ(Model("models=x&xmodel=y&Model=z&&="), "");
}

TEST(QueryValue, RefusesWhatTwoReadersCouldReadDifferently) {
  EXPECT_EQ(Model("model=a&model=b"), "refused");
  EXPECT_EQ(Model("model=a&%6Dodel=b"), "refused");
  EXPECT_EQ(Model("model&model=b"), "refused");
  EXPECT_EQ(Model("model=%"), "refused");
  EXPECT_EQ(Model("model=%4"), "refused");
  EXPECT_EQ(Model("model=%4g"), "refused");
  EXPECT_EQ(Model("model=%+4"), "refused");
}

}  // namespace
}  // namespace fairway::gateway
