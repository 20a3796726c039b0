#include "modelsim/served.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

const std::vector<std::string> kTwo = {"lora-b", "lora-a"};

TEST(ServedModels, FindsModelAndAdapters) {
  const ServedModels served("tiny", kTwo);
  EXPECT_EQ(served.Find("")->name, "tiny");
  EXPECT_EQ(served.Find("tiny")->adapter, 0u);
  EXPECT_EQ(served.Find("tiny")->hash_root, 0u);
  const auto a = served.Find("lora-a");
  const auto b = served.Find("lora-b");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_NE(a->adapter, b->adapter);
  EXPECT_NE(a->hash_root, b->hash_root);
  EXPECT_EQ(served.Find("lora"), nullptr);
}

TEST(ServedModels, LoadsAndUnloads) {
  ServedModels served("tiny", kTwo);
  EXPECT_FALSE(served.Load("lora-a"));
  EXPECT_FALSE(served.Load("tiny"));
  EXPECT_FALSE(served.Load(""));
  EXPECT_TRUE(served.Load("lora-c"));
  const auto held = served.Find("lora-b");
  EXPECT_EQ(served.Unload("lora-b"), held) << "who holds it keeps it";
  EXPECT_EQ(served.Find("lora-b"), nullptr);
  EXPECT_EQ(served.Unload("lora-b"), nullptr);
  EXPECT_EQ(served.Unload("tiny"), nullptr);
  EXPECT_EQ(served.Unload(""), nullptr);
  ASSERT_TRUE(served.Load("lora-b"));
  EXPECT_NE(served.Find("lora-b")->adapter, held->adapter) << "the old one may still run";
  EXPECT_EQ(served.all().size(), 4u);
}

TEST(ServedModels, NamesAreSorted) {
  const ServedModels served("tiny", kTwo);
  const std::vector<AdapterId> both = {1, 2, 99};
  EXPECT_EQ(served.NamesOf(both), "lora-a,lora-b");
  EXPECT_EQ(served.NamesOf({}), "");
}

TEST(ServedModels, IsBounded) {
  ServedModels served("tiny", {});
  size_t loaded = 0;
  for (int i = 0; i < 2000; ++i) loaded += served.Load("lora-" + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(loaded, ServedModels::kMaxAdapters);
}

}  // namespace
}  // namespace fairway::modelsim
