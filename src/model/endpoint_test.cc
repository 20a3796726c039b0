#include "model/endpoint.h"

#include <gtest/gtest.h>

namespace fairway::model {
namespace {

Endpoint Make(uint32_t slot, uint32_t generation, std::vector<std::string> models,
              std::vector<Adapter> adapters = {}) {
  Endpoint endpoint;
  endpoint.id = {slot, generation};
  endpoint.models = std::move(models);
  endpoint.adapters = std::move(adapters);
  return endpoint;
}

TEST(EndpointSet, IndexesWhatEachServes) {
  const EndpointSet set({Make(7, 1, {"b", "a"}), Make(2, 3, {"a"}, {{"lora", "a"}})}, 5);
  EXPECT_EQ(set.version(), 5u);
  ASSERT_EQ(set.served().size(), 3u);
  EXPECT_EQ(set.FindServed("a")->members, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(set.FindServed("b")->members, (std::vector<uint32_t>{1}));
  EXPECT_EQ(set.FindServed("lora")->members, (std::vector<uint32_t>{0}));
  EXPECT_TRUE(set.FindServed("lora")->is_adapter());
  EXPECT_EQ(set.FindServed("lora")->parent, "a");
  EXPECT_FALSE(set.FindServed("a")->is_adapter());
  EXPECT_EQ(set.FindServed("c"), nullptr);
  EXPECT_EQ(set.FindServed(""), nullptr);
}

TEST(EndpointSet, FindsByTheVeryGeneration) {
  const EndpointSet set({Make(7, 1, {}), Make(2, 3, {})}, 1);
  EXPECT_EQ(set.endpoints()[0].id.slot, 2u);
  EXPECT_EQ(set.Find({2, 3}), &set.endpoints()[0]);
  EXPECT_EQ(set.Find({2, 2}), nullptr);
  EXPECT_EQ(set.Find({3, 3}), nullptr);
  EXPECT_EQ(set.Find({}), nullptr);
}

TEST(EndpointSet, ANameListedTwiceByOneServerCountsOnce) {
  const EndpointSet set({Make(0, 1, {"m", "m"}, {{"m", "base"}}), Make(1, 1, {}, {{"m", "base"}})},
                        1);
  EXPECT_EQ(set.FindServed("m")->members, (std::vector<uint32_t>{0, 1}));
}

TEST(EndpointSet, ABaseModelForOneIsABaseModel) {
  const EndpointSet a({Make(0, 1, {"m"}), Make(1, 1, {}, {{"m", "base"}})}, 1);
  const EndpointSet b({Make(0, 1, {}, {{"m", "base"}}), Make(1, 1, {"m"})}, 1);
  EXPECT_FALSE(a.FindServed("m")->is_adapter());
  EXPECT_FALSE(b.FindServed("m")->is_adapter());
}

TEST(EndpointSet, EmptyHasNothing) {
  const EndpointSet set;
  EXPECT_EQ(set.Find({0, 1}), nullptr);
  EXPECT_EQ(set.FindServed("m"), nullptr);
}

TEST(EndpointSet, FindsByNameKey) {
  std::vector<Endpoint> endpoints(3);
  for (uint32_t i = 0; i < 3; ++i) {
    endpoints[i].id = {2 - i, 1};
    endpoints[i].name = "10.0.0." + std::to_string(i) + ":80";
  }
  const EndpointSet set(std::move(endpoints), 1);
  for (const Endpoint& endpoint : set.endpoints())
    EXPECT_EQ(set.FindByNameKey(NameKey(endpoint.name)), &endpoint);
  EXPECT_EQ(set.FindByNameKey(NameKey("10.0.0.9:80")), nullptr);
  EXPECT_EQ(EndpointSet().FindByNameKey(0), nullptr);
}

}  // namespace
}  // namespace fairway::model
