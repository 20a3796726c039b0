#include "modelsim/plan.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

class PlanTest : public testing::Test {
 protected:
  PlanTest() { request_.prompt = "Once upon a time there was a lighthouse"; }

  // The error's status, or 0.
  int Make(const Profile& profile = DefaultProfile()) {
    plan_ = {};
    request_.prompt_bytes = request_.prompt.size();
    const auto error = MakePlan(request_, served_.model(), profile, story_, plan_);
    return error ? error->status : 0;
  }
  std::string TextOf(const PlannedChoice& choice) const {
    std::string text;
    story_.Append(choice.story_start, choice.output_tokens, text);
    return text.substr(0, choice.shown_bytes);
  }

  const Story story_{1};
  const ServedModels served_{"tiny", {}};
  ApiRequest request_;
  Plan plan_;
};

TEST_F(PlanTest, EqualRequestsGetEqualAnswers) {
  ASSERT_EQ(Make(), 0);
  const PlannedChoice first = plan_.choices.at(0);
  ASSERT_EQ(Make(), 0);
  EXPECT_EQ(TextOf(plan_.choices[0]), TextOf(first));
  request_.prompt += "!";
  ASSERT_EQ(Make(), 0);
  EXPECT_NE(TextOf(plan_.choices[0]), TextOf(first));
}

TEST_F(PlanTest, ASeedIsAnotherAnswer) {
  request_.max_tokens = 10;
  ASSERT_EQ(Make(), 0);
  const std::string plain = TextOf(plan_.choices[0]);
  request_.seed = 4;
  ASSERT_EQ(Make(), 0);
  const std::string seeded = TextOf(plan_.choices[0]);
  EXPECT_NE(seeded, plain);
  ASSERT_EQ(Make(), 0);
  EXPECT_EQ(TextOf(plan_.choices[0]), seeded);
}

TEST_F(PlanTest, ChoicesDifferAndShareTheirPrompt) {
  request_.n = 3;
  request_.max_tokens = 10;
  request_.more_prompts = {"Another prompt"};
  ASSERT_EQ(Make(), 0);
  ASSERT_EQ(plan_.choices.size(), 6u);
  ASSERT_EQ(plan_.submissions.size(), 6u);
  EXPECT_EQ(plan_.prompts, 2u);
  EXPECT_NE(TextOf(plan_.choices[0]), TextOf(plan_.choices[1]));
  EXPECT_EQ(plan_.submissions[0].prompt.tokens, 10u);
  EXPECT_EQ(plan_.submissions[0].prompt.tail, plan_.submissions[2].prompt.tail);
  EXPECT_EQ(plan_.submissions[5].prompt.tokens, 4u);
  EXPECT_EQ(plan_.prompt_tokens, 14u) << "each prompt once";
}

TEST_F(PlanTest, AStopStringEndsTheTextBeforeItself) {
  request_.max_tokens = 40;
  ASSERT_EQ(Make(), 0);
  const std::string whole = TextOf(plan_.choices[0]);
  const std::string stop = whole.substr(50, 5);
  const size_t first = whole.find(stop);
  request_.stop = {"not in there", stop};
  ASSERT_EQ(Make(), 0);
  const PlannedChoice& choice = plan_.choices[0];
  EXPECT_EQ(TextOf(choice), whole.substr(0, first));
  EXPECT_EQ(choice.stop, stop);
  EXPECT_EQ(choice.finish, FinishReason::kStop);
  EXPECT_EQ(choice.output_tokens, (first + 5 + 3) / 4) << "with the token that completes it";
  EXPECT_EQ(plan_.submissions[0].output_tokens, choice.output_tokens);
}

TEST_F(PlanTest, WhatDoesNotFitIsRefused) {
  Profile profile = DefaultProfile();
  profile.max_model_len = 64;
  request_.max_tokens = 54;
  EXPECT_EQ(Make(profile), 0);
  request_.max_tokens = 55;
  EXPECT_EQ(Make(profile), 400);
  request_.max_tokens.reset();
  request_.more_prompts = {std::string(300, 'x')};
  EXPECT_EQ(Make(profile), 400);
}

TEST_F(PlanTest, PrioritiesNeedTheirPolicy) {
  request_.priority = 3;
  EXPECT_EQ(Make(), 400);
  Profile profile = DefaultProfile();
  profile.scheduling_policy = SchedulingPolicy::kPriority;
  ASSERT_EQ(Make(profile), 0);
  EXPECT_EQ(plan_.submissions[0].priority, 3);
}

}  // namespace
}  // namespace fairway::modelsim
