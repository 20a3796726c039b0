#include "sources/model_discovery.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sources/fake_fleet.h"

namespace fairway::sources {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kTiny = R"({"object":"list","data":[{"id":"tiny","object":"model"}]})";
constexpr std::string_view kTinyWithLora =
    R"({"object":"list","data":[{"id":"tiny","object":"model","parent":null},)"
    R"({"id":"lora-a","object":"model","parent":"tiny"}]})";

class Discovering {
 public:
  explicit Discovering(FakeFleet& fleet)
      : fleet_(fleet), discovery_(fleet.pool, fleet.connections, fleet.registry) {
    discovery_.Start();
  }
  ~Discovering() { fleet_.Run(discovery_.Stop()); }

 private:
  FakeFleet& fleet_;
  ModelDiscovery discovery_;
};

// "tiny+lora-a", by endpoint.
std::vector<std::string> Served(FakeFleet& fleet) {
  std::vector<std::string> served;
  const auto members = fleet.pool.table.members().Copy();
  for (const model::Endpoint& endpoint : members->endpoints()) {
    std::string all;
    for (const std::string& name : endpoint.models) all += name;
    for (const model::Adapter& adapter : endpoint.adapters) {
      all += "+" + adapter.name + "(" + adapter.parent + ")";
    }
    served.push_back(all);
  }
  return served;
}

using Strings = std::vector<std::string>;

TEST(ModelDiscovery, LearnsModelsAndAdaptersAtOnce) {
  FakeFleet fleet(2);
  fleet.server(0).models = kTiny;
  fleet.server(1).models = kTinyWithLora;
  EXPECT_FALSE(AnyReady(fleet.pool));
  Discovering discovering(fleet);
  fleet.RunFor(milliseconds(100));
  EXPECT_EQ(Served(fleet), (Strings{"tiny", "tiny+lora-a(tiny)"}));
  EXPECT_TRUE(AnyReady(fleet.pool));
  EXPECT_EQ(fleet.server(0).last_path, "/v1/models");
}

TEST(ModelDiscovery, AsksASilentServerUntilItAnswers) {
  FakeFleet fleet(1);
  fleet.server(0).models = kTiny;
  fleet.server(0).status = 503;
  Discovering discovering(fleet);
  fleet.RunFor(seconds(20));
  EXPECT_EQ(Served(fleet), (Strings{""}));  // a member that serves nothing
  EXPECT_FALSE(AnyReady(fleet.pool));
  EXPECT_GE(fleet.server(0).models_asked, 4u);  // at 0, 1, 3, 7, 15 s, about
  EXPECT_LE(fleet.server(0).models_asked, 6u);
  fleet.server(0).status = 200;
  fleet.RunFor(seconds(12));  // the slowest retry
  EXPECT_EQ(Served(fleet), (Strings{"tiny"}));
}

TEST(ModelDiscovery, SeesAdaptersComeAndGo) {
  FakeFleet fleet(1);
  fleet.server(0).models = kTinyWithLora;
  Discovering discovering(fleet);
  fleet.RunFor(seconds(1));
  EXPECT_EQ(Served(fleet), (Strings{"tiny+lora-a(tiny)"}));
  fleet.server(0).models = kTiny;
  fleet.RunFor(seconds(34));
  EXPECT_EQ(Served(fleet), (Strings{"tiny"}));
}

TEST(ModelDiscovery, KeepsWhatAServerToldWhenItFallsSilent) {
  FakeFleet fleet(1);
  fleet.server(0).models = kTiny;
  Discovering discovering(fleet);
  fleet.RunFor(seconds(1));
  fleet.server(0).silent = true;
  fleet.RunFor(seconds(100));
  EXPECT_EQ(Served(fleet), (Strings{"tiny"}));
  EXPECT_TRUE(AnyReady(fleet.pool));
  fleet.server(0).silent = false;
  fleet.server(0).models = "not json";
  fleet.RunFor(seconds(100));
  EXPECT_EQ(Served(fleet), (Strings{"tiny"}));
}

TEST(ModelDiscovery, AsksANewMemberSoon) {
  FakeFleet fleet(2);
  fleet.server(0).models = kTiny;
  fleet.server(1).models = kTiny;
  fleet.pool.table.Remove(fleet.id(1));
  fleet.pool.Publish();
  Discovering discovering(fleet);
  fleet.RunFor(seconds(5));
  EXPECT_EQ(fleet.server(1).models_asked, 0u);
  fleet.Add(1, "/p");
  fleet.pool.Publish();
  fleet.RunFor(milliseconds(200));
  EXPECT_EQ(Served(fleet), (Strings{"tiny", "tiny"}));
  EXPECT_EQ(fleet.server(1).last_path, "/p/v1/models");
}

TEST(ModelDiscovery, PublishesAnswersThatComeTogetherTogether) {
  FakeFleet fleet(50);
  for (size_t i = 0; i < 50; ++i) fleet.server(i).models = kTiny;
  const uint64_t before = fleet.pool.table.members().Version();
  Discovering discovering(fleet);
  fleet.RunFor(milliseconds(500));
  EXPECT_EQ(Served(fleet), Strings(50, "tiny"));
  EXPECT_LE(fleet.pool.table.members().Version(), before + 5);
}

}  // namespace
}  // namespace fairway::sources
