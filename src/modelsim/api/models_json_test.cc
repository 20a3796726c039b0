#include "modelsim/api/models_json.h"

#include <gtest/gtest.h>

#include "json/reader.h"

namespace fairway::modelsim {
namespace {

TEST(ModelsJson, ModelsNameTheirParent) {
  const std::vector<std::string> adapters = {"lora-a"};
  const std::string text = ModelsJson(ServedModels("tiny", adapters).all(), "vllm", 4096, 1);
  json::Reader reader;
  const auto root = reader.Read(text);
  ASSERT_TRUE(root.ok());
  const auto models = (*root)["data"].Elements();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0]["id"].String(), "tiny");
  EXPECT_EQ(models[0]["max_model_len"].Int(), 4096);
  EXPECT_EQ(models[1]["parent"].String(), "tiny");
}

}  // namespace
}  // namespace fairway::modelsim
