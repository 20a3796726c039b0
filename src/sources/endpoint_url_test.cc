#include "sources/endpoint_url.h"

#include <gtest/gtest.h>

#include <string>

namespace fairway::sources {
namespace {

EndpointUrl Parsed(std::string_view text) {
  auto url = ParseEndpointUrl(text);
  EXPECT_TRUE(url.ok()) << url.status().ToString();
  return url.ok() ? *url : EndpointUrl{};
}

TEST(EndpointUrl, ReadsEveryShape) {
  using Url = EndpointUrl;
  EXPECT_EQ(Parsed("http://127.0.0.1:8001"), (Url{"127.0.0.1", 8001, ""}));
  EXPECT_EQ(Parsed("http://gpu-1.example:8001/"), (Url{"gpu-1.example", 8001, ""}));
  EXPECT_EQ(Parsed("http://vllm"), (Url{"vllm", 80, ""}));
  EXPECT_EQ(Parsed("http://[::1]:8001/a/b//"), (Url{"::1", 8001, "/a/b"}));
  EXPECT_EQ(Parsed("http://[fd00::1]"), (Url{"fd00::1", 80, ""}));
  EXPECT_EQ(Parsed("http://h:65535/v1beta"), (Url{"h", 65535, "/v1beta"}));
  EXPECT_EQ(Parsed("https://h"), (Url{"h", 443, "", Scheme::kHttps}));
  EXPECT_EQ(Parsed("h2c://h:8001"), (Url{"h", 8001, "", Scheme::kH2c}));
  EXPECT_EQ(Parsed("https://h:8443/x"), (Url{"h", 8443, "/x", Scheme::kHttps}));
}

TEST(EndpointUrl, NamesTheServerAsAHostFieldDoes) {
  EXPECT_EQ(Parsed("http://gpu-1.example:8001/x").Authority(), "gpu-1.example:8001");
  EXPECT_EQ(Parsed("http://gpu-1.example").Authority(), "gpu-1.example");
  EXPECT_EQ(Parsed("http://h:443").Authority(), "h:443");
  EXPECT_EQ(Parsed("https://h:443").Authority(), "h");
  EXPECT_EQ(Parsed("https://[::1]:8443").Authority(), "[::1]:8443");
}

TEST(EndpointUrl, SaysWhatIsWrong) {
  struct Case {
    std::string url;
    std::string says;
  };
  const Case cases[] = {
      {"h:8001", "must begin with http://, https:// or h2c://"},
      {"", "must begin with http://, https:// or h2c://"},
      {"ftp://h", "must begin with http://, https:// or h2c://"},
      {"http://", "the host is missing"},
      {"http://:80", "the host is missing"},
      {"http://h:", "port must be"},
      {"http://h:0", "port must be"},
      {"http://h:65536", "port must be"},
      {"http://h:80x", "port must be"},
      {"http://h:-1", "port must be"},
      {"http://::1:80", "in brackets"},
      {"http://[::1", "in brackets"},
      {"http://[x]:80", "in brackets"},
      {"http://[::1]80", "\":port\""},
      {"http://h h:80", "not a name"},
      {"http://u:p@h:80", "user or password"},
      {"http://h:80?x", "\"?\""},
      {"http://h:80/a#b", "\"#\""},
      {"http://h:80/a b", "characters"},
      {"http://h:80/a\r\nX: y", "characters"},
      {"http://h:80/v1", "leave /v1 out"},
      {"http://h:80/proxy/v1/", "leave /v1 out"},
      {"http://" + std::string(300, 'a'), "not a name"},
  };
  for (const Case& one : cases) {
    const auto url = ParseEndpointUrl(one.url);
    ASSERT_FALSE(url.ok()) << one.url;
    EXPECT_EQ(url.status().code(), base::Code::kInvalid);
    EXPECT_NE(url.status().message().find(one.says), std::string::npos)
        << one.url << " -> " << url.status().message();
  }
}

}  // namespace
}  // namespace fairway::sources
