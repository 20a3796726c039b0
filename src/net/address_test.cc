#include <gtest/gtest.h>

#include "net/network.h"

namespace fairway::net {
namespace {

TEST(Address, ReadsBothFamiliesAndTheEmptyHost) {
  EXPECT_EQ(*ParseAddress("127.0.0.1:8001"), (Address{"127.0.0.1", 8001}));
  EXPECT_EQ(*ParseAddress("[::1]:8001"), (Address{"::1", 8001}));
  EXPECT_EQ(*ParseAddress(":0"), (Address{"0.0.0.0", 0}));
}

TEST(Address, PrintsWhatItReads) {
  for (const char* text : {"10.0.0.1:65535", "[fe80::1]:1", "0.0.0.0:80"}) {
    EXPECT_EQ(ParseAddress(text)->ToString(), text);
  }
}

TEST(Address, RefusesEverythingElse) {
  for (const char* text :
       {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8a",
        "127.0.0.1: 80", "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80", "[]:80", "host:80",
        "1.2.3:80", "256.0.0.1:80", "127.0.0.1:+8"}) {
    const auto parsed = ParseAddress(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), base::Code::kInvalid) << text;
  }
}

}  // namespace
}  // namespace fairway::net
