#include "sources/endpoints_file.h"

#include <gtest/gtest.h>

#include <optional>

#include "rt/sim_files.h"
#include "rt/sim_loop.h"

namespace fairway::sources {
namespace {

using std::chrono::seconds;
using Entries = std::vector<EndpointEntry>;
using Labels = std::vector<std::pair<std::string, std::string>>;

std::string Wrong(std::string_view text) {
  const auto parsed = ParseEndpointsFile(text, "e.yaml");
  return parsed.ok() ? "taken" : parsed.status().message();
}

TEST(EndpointsFileFormat, ReadsTheContractsYamlAndJson) {
  const auto yaml = ParseEndpointsFile(
      "endpoints:\n"
      "- {name: a, address: 10.0.0.1, port: '8000', labels: {zone: x, name: mine}}\n"
      "- {name: b, namespace: prod, address: vllm.svc, port: 8001}\n"
      "- {name: c, address: 'fd00::1', port: \"8002\"}\n",
      "e.yaml");
  ASSERT_TRUE(yaml.ok()) << yaml.status().message();
  ASSERT_EQ(yaml->size(), 3u);
  EXPECT_EQ((*yaml)[0].url, (EndpointUrl{.host = "10.0.0.1", .port = 8000, .prefix = {}}));
  EXPECT_EQ((*yaml)[0].labels, (Labels{{"namespace", "default"}, {"zone", "x"}, {"name", "mine"}}));
  EXPECT_EQ((*yaml)[1].url.host, "vllm.svc");
  EXPECT_EQ((*yaml)[1].labels, (Labels{{"name", "b"}, {"namespace", "prod"}}));
  EXPECT_EQ((*yaml)[2].url.host, "fd00::1");
  const auto json = ParseEndpointsFile(
      R"({"endpoints":[{"name":"a","address":"10.0.0.1","port":"8000"}]})", "e.json");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->size(), 1u);
}

TEST(EndpointsFileFormat, OfTwoEntriesWithOneNameTheLastCounts) {
  const auto parsed = ParseEndpointsFile(
      "endpoints:\n"
      "- {name: a, address: 10.0.0.1, port: '1'}\n"
      "- {name: a, namespace: other, address: 10.0.0.2, port: '1'}\n"
      "- {name: a, address: 10.0.0.3, port: '1'}\n",
      "e.yaml");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].url.host, "10.0.0.3");
}

TEST(EndpointsFileFormat, TellsEverythingThatIsWrong) {
  EXPECT_EQ(Wrong("endpoints:\n"
                  "- {name: a, adress: 10.0.0.1, port: '8000'}\n"
                  "- {name: b, address: 10.0.0.1, port: '70000'}\n"
                  "- {name: c, address: 'no name', port: '1'}\n"),
            "e.yaml:2: endpoints[0].address: missing\n"
            "e.yaml:2: endpoints[0].adress: unknown field; did you mean \"address\"?\n"
            "e.yaml:3: endpoints[1].port: expected a port from 1 to 65535, got the text \"70000\"\n"
            "e.yaml:4: endpoints[2].address: expected an address or a host name, got the text \"no "
            "name\"");
  EXPECT_EQ(Wrong(""), "e.yaml: nothing in it");
  EXPECT_EQ(Wrong("endpoints: []"), "taken");
  EXPECT_EQ(Wrong("endpoints: {}"), "e.yaml:1: endpoints: expected a list, got a map");
}

class FollowedFile : public testing::Test {
 protected:
  static std::string OneAt(const std::string& address) {
    return "endpoints:\n- {name: a, address: " + address + ", port: '8000'}\n";
  }
  std::string Refused() {
    std::string page;
    registry_.Render(page);
    const std::string_view name = "\nfairway_endpoints_file_refused_total ";
    const size_t at = page.find(name) + name.size();
    return page.substr(at, page.find('\n', at) - at);
  }
  void Settle() { loop_.RunFor(seconds(1)); }

  rt::SimLoop loop_;
  rt::SimFiles files_{loop_};
  obs::Registry registry_;
  std::vector<std::string> hosts_;  // of the first entry of each list that was handed out
  EndpointsFile file_{files_, "e.yaml", registry_, [this](Entries entries) {
                        hosts_.push_back(entries.empty() ? "none" : entries[0].url.host);
                      }};
};

TEST_F(FollowedFile, HandsOutEachGoodList) {
  files_.Set("e.yaml", OneAt("10.0.0.1"));
  ASSERT_TRUE(file_.Start().ok());
  files_.Set("e.yaml", OneAt("10.0.0.2"));
  Settle();
  files_.Set("e.yaml", "endpoints: []");
  Settle();
  EXPECT_EQ(hosts_, (std::vector<std::string>{"10.0.0.1", "10.0.0.2", "none"}));
  EXPECT_EQ(Refused(), "0");
}

TEST_F(FollowedFile, KeepsTheLastGoodListWhateverTheFileBecomes) {
  files_.Set("e.yaml", OneAt("10.0.0.1"));
  ASSERT_TRUE(file_.Start().ok());
  for (const char* bad : {"", "endpoints:\n- {name: a, address: 10.0", "endpoints: 3"}) {
    files_.Set("e.yaml", bad);
    Settle();
  }
  files_.Remove("e.yaml");
  Settle();
  EXPECT_EQ(hosts_.size(), 1u);
  EXPECT_EQ(Refused(), "4");
  files_.Set("e.yaml", OneAt("10.0.0.9"));
  Settle();
  EXPECT_EQ(hosts_.back(), "10.0.0.9");
}

TEST_F(FollowedFile, SaysAtOnceWhenItIsBadFromTheStart) {
  EXPECT_EQ(file_.Start().code(), base::Code::kNotFound);
  files_.Set("e.yaml", OneAt("10.0.0.1"));
  Settle();
  EXPECT_EQ(hosts_, std::vector<std::string>{"10.0.0.1"});
}

}  // namespace
}  // namespace fairway::sources
