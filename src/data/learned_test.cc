#include "data/learned.h"

#include <gtest/gtest.h>

namespace fairway::data {
namespace {

TEST(Learned, OneObjectForEachTypeAndName) {
  Learned learned;
  int made = 0;
  const auto make = [&] { return std::make_shared<int>(++made); };
  const auto a = learned.FindOrMake<int>("a", make);
  EXPECT_EQ(learned.FindOrMake<int>("a", make), a);
  EXPECT_NE(learned.FindOrMake<int>("b", make), a);
  EXPECT_EQ(*learned.FindOrMake<double>("a", [] { return std::make_shared<double>(0.5); }), 0.5);
  EXPECT_EQ(made, 2);
  EXPECT_EQ(learned.Find<int>("a"), a);
  EXPECT_EQ(learned.Find<int>("c"), nullptr);
  EXPECT_EQ(learned.Find<float>("a"), nullptr);
}

struct Diary {
  void Forget(model::EndpointId id) { forgotten.push_back(id); }
  std::vector<model::EndpointId> forgotten;
};

TEST(Learned, WhoCanForgetIsTold) {
  Learned learned;
  const auto make = [] { return std::make_shared<Diary>(); };
  const auto a = learned.FindOrMake<Diary>("a", make);
  const auto b = learned.FindOrMake<Diary>("b", make);
  learned.FindOrMake<int>("c", [] { return std::make_shared<int>(1); });
  EXPECT_EQ(learned.FindOrMake<Diary>("a", make), a);
  learned.Forget({3, 1});
  EXPECT_EQ(a->forgotten, (std::vector<model::EndpointId>{{3, 1}}));
  EXPECT_EQ(b->forgotten, a->forgotten);
}

}  // namespace
}  // namespace fairway::data
