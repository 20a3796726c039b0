#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(RoleFilters, ByTheContractsTable) {
  Field field(8);
  const std::vector<std::string> roles = {"decode",
                                          "prefill",
                                          "encode",
                                          "prefill-decode",
                                          "both",
                                          "encode-prefill",
                                          "encode-prefill-decode"};
  for (size_t i = 0; i < roles.size(); ++i)
    field.endpoints[i].labels = {{"a", "b"}, {"llm-d.ai/role", roles[i]}};
  using Marks = std::vector<uint8_t>;
  const auto kept = [&](std::string_view type) {
    return field.Kept(*MakeOne<sched::Filter>(type));
  };
  EXPECT_EQ(kept("decode-filter"), (Marks{1, 0, 0, 1, 1, 0, 1, 1}));
  EXPECT_EQ(kept("prefill-filter"), (Marks{0, 1, 0, 1, 1, 1, 1, 0}));
  EXPECT_EQ(kept("encode-filter"), (Marks{0, 0, 1, 0, 0, 1, 1, 0}));
}

}  // namespace
}  // namespace fairway::plugins
