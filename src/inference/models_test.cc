#include "inference/models.h"

#include <gtest/gtest.h>

namespace fairway::inference {
namespace {

// As vLLM 0.32 answers with one adapter, permissions shortened.
constexpr std::string_view kPage =
    R"({"object":"list","data":[{"id":"tiny","object":"model","created":1795233320,)"
    R"("owned_by":"vllm",)"
    R"("root":"/models/tiny","parent":null,"max_model_len":4096,)"
    R"("permission":[{"id":"modelperm-9e"}]},)"
    R"({"id":"lora-a","object":"model","created":1795233320,"owned_by":"vllm",)"
    R"("root":"/models/lora-a",)"
    R"("parent":"tiny","max_model_len":null,"permission":[]}]})";

TEST(ModelsTest, ReadsAnEnginesPage) {
  const auto models = ParseModels(kPage);
  ASSERT_TRUE(models.ok());
  const std::vector<ServedModel> wanted = {
      {.id = "tiny", .parent = "", .root = "/models/tiny", .max_model_len = 4096},
      {.id = "lora-a", .parent = "tiny", .root = "/models/lora-a", .max_model_len = std::nullopt}};
  EXPECT_EQ(*models, wanted);
  EXPECT_TRUE((*models)[1].is_adapter());
  EXPECT_FALSE((*models)[0].is_adapter());
}

TEST(ModelsTest, OthersTellLess) {
  const auto models =
      ParseModels(R"({"data":[{"id":"a"},{"id":"b","max_model_len":-1,"root":5}]})");
  ASSERT_TRUE(models.ok());
  EXPECT_EQ(models->size(), 2u);
  EXPECT_EQ((*models)[1], ServedModel{.id = "b"});
  EXPECT_TRUE(ParseModels(R"({"data":[]})")->empty());
}

TEST(ModelsTest, RefusesWhatIsNoList) {
  for (const std::string_view page :
       {"", "[]", "{}", R"({"data":{}})", R"({"data":[{}]})", R"({"data":[{"id":""}]})",
        R"({"data":[{"id":5}]})", R"({"data":["a"]})", "Not Found", R"({"detail":"Not Found"})"}) {
    EXPECT_EQ(ParseModels(page).status().code(), base::Code::kInvalid) << page;
  }
  std::string many = R"({"data":[{"id":"a"})";
  for (size_t i = 0; i < kMaxServedModels; ++i) many += R"(,{"id":"a"})";
  EXPECT_EQ(ParseModels(many + "]}").status().code(), base::Code::kExhausted);
}

TEST(ModelsTest, WritesWhatItReads) {
  const std::vector<ServedModel> models = *ParseModels(kPage);
  const std::string page = WriteModels(models, 1795233320);
  EXPECT_EQ(*ParseModels(page), models);
  EXPECT_TRUE(page.starts_with(
      R"({"object":"list","data":[{"id":"tiny","object":"model","created":1795233320,)"));
  EXPECT_EQ(WriteModels({}, 0), R"({"object":"list","data":[]})");
}

}  // namespace
}  // namespace fairway::inference
