#include "rt/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fairway::rt {
namespace {

TEST(Resolver, KnowsALiteral) {
  for (const char* text : {"127.0.0.1", "::1", "fe80::1", "255.255.255.255"}) {
    EXPECT_TRUE(IsLiteralAddress(text)) << text;
  }
  for (const char* text : {"", "localhost", "127.1", "1.2.3.4.5", "[::1]", "10.0.0.1 "}) {
    EXPECT_FALSE(IsLiteralAddress(text)) << text;
  }
}

TEST(Resolver, LookUpSortsAndHasNoDoubles) {
  const auto found = LookUp("localhost");
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_TRUE(std::is_sorted(found->begin(), found->end()));
  EXPECT_EQ(std::adjacent_find(found->begin(), found->end()), found->end());
}

TEST(Resolver, EndsWithQuestionsOpen) {
  const auto inbox = std::make_shared<Inbox>();
  const auto token = std::make_shared<int>(0);
  {
    Resolver resolver(inbox);
    for (int i = 0; i < 10; ++i) {
      resolver.Resolve("localhost", [token](const auto&) { FAIL(); });
    }
  }
  inbox->Close();
}

TEST(Resolver, RefusesAboveItsLimit) {
  const auto inbox = std::make_shared<Inbox>();
  Resolver resolver(inbox);
  // One may be with the thread already; the queue behind it is bounded.
  int refused = 0;
  for (size_t i = 0; i < 3 * Resolver::kMaxQueued; ++i) {
    resolver.Resolve("localhost", [&](const auto& result) {
      if (!result.ok() && result.status().code() == base::Code::kExhausted) ++refused;
    });
  }
  std::vector<Inbox::Function> posted;
  inbox->Take(posted);
  for (auto& function : posted) function();
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace fairway::rt
