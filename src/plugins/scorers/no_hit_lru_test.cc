#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kType = "no-hit-lru-scorer";

void Commit(const sched::Scorer& scorer, const Field& field, sched::Pick pick) {
  dynamic_cast<const sched::Learner&>(scorer).Commit(field.request, pick);
}

TEST(NoHitLruScorer, ColdPromptsGoWhereNoneWentForLongest) {
  const auto scorer = MakeOne<sched::Scorer>(kType);
  Field field(3);
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0.5f, 0}));  // never used: as they stand
  Commit(*scorer, field, {{0, 1}});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0, 1, 0.5f}));
  Commit(*scorer, field, {{2, 1}});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.5f, 1, 0}));
  Commit(*scorer, field, {{1, 1}});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0, 0.5f}));
}

TEST(NoHitLruScorer, AWarmPromptLeavesTheChoiceToOthersAndTakesNoTurn) {
  const auto scorer = MakeOne<sched::Scorer>(kType);
  Field field(2);
  Field::Set(field.candidates.mutable_cached_blocks(), {0, 3});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.5f, 0.5f}));
  Commit(*scorer, field, {{0, 1}, 3});
  Field::Set(field.candidates.mutable_cached_blocks(), {0, 0});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0}));
}

TEST(NoHitLruScorer, ASuccessorInTheSlotIsNew) {
  const auto scorer = MakeOne<sched::Scorer>(kType);
  Field field(2);
  Commit(*scorer, field, {{0, 7}});  // of another generation than the candidate's
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0}));
}

TEST(NoHitLruScorer, OneIsBestAndNoneIsNone) {
  const auto scorer = MakeOne<sched::Scorer>(kType);
  EXPECT_EQ(Field(1).Scores(*scorer), std::vector<float>{1});
  EXPECT_TRUE(Field(0).Scores(*scorer).empty());
}

TEST(NoHitLruScorer, WhatItLearnedOutlivesIt) {
  data::Learned learned;
  Field field(2);
  Commit(**TryMake<sched::Scorer>(kType, "", learned), field, {{0, 1}});
  EXPECT_EQ(field.Scores(**TryMake<sched::Scorer>(kType, "", learned)), (std::vector<float>{0, 1}));
}

}  // namespace
}  // namespace fairway::plugins
