#include "modelsim/api/word_vector.h"

#include <gtest/gtest.h>

#include <bit>

namespace fairway::modelsim {
namespace {

TEST(WordVector, HasUnitLengthWhateverTheText) {
  for (const char* text : {"", " ", "sea", "the sea  and\nthe shore"}) {
    const auto vector = WordVector(text, 64);
    ASSERT_EQ(vector.size(), 64u);
    EXPECT_NEAR(Cosine(vector, vector), 1, 1e-5) << text;
  }
}

TEST(WordVector, CommonWordsBringTextsNear) {
  const auto sea = WordVector("the cold sea at night", 256);
  const auto near = WordVector("a cold sea at dawn", 256);
  const auto far = WordVector("quarterly revenue forecast", 256);
  EXPECT_GT(Cosine(sea, near), 0.4);
  EXPECT_LT(Cosine(sea, far), 0.3);
  EXPECT_EQ(WordVector("same words", 32), WordVector("same words", 32));
}

TEST(WordVector, Base64IsTheFloatsBytes) {
  EXPECT_EQ(Base64({std::bit_cast<float>(0x6c6c6548u)}), "SGVsbA==");
  EXPECT_EQ(Base64({}), "");
  EXPECT_EQ(Base64(std::vector<float>(3)), "AAAAAAAAAAAAAAAA");
}

}  // namespace
}  // namespace fairway::modelsim
