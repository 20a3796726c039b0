#include "modelsim/engine/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "base/rng.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

// An engine with a clock of its own: runs from deadline to deadline.
class EngineTest : public testing::Test {
 protected:
  static Profile SmallProfile() {
    Profile profile;
    profile.max_num_seqs = 4;
    profile.max_num_batched_tokens = 256;
    profile.max_num_queued_reqs = 8;
    profile.num_gpu_blocks = 64;
    profile.max_model_len = 512;
    profile.prefill_tokens_per_s = 10'000;
    profile.step_base = 10ms;
    return profile;
  }

  void Begin(const Profile& profile) { engine_ = std::make_unique<Engine>(profile, story_); }

  bool Submit(SequenceId id, uint32_t prompt_tokens, uint32_t output_tokens, char letter = 0) {
    const std::string text(prompt_tokens * kBytesPerToken,
                           letter != 0 ? letter : static_cast<char>('a' + id % 26));
    Submission submission;
    submission.prompt = HashPrompt(text, engine_->profile().block_size, 0);
    submission.output_tokens = output_tokens;
    submission.story_start = id;
    return engine_->Submit(now_, id, std::move(submission));
  }

  // Goes to the next deadline; false if there is none.
  bool Step() {
    const base::TimePoint deadline = engine_->NextDeadline();
    if (deadline == base::TimePoint::max()) return false;
    now_ = std::max(now_, deadline);
    events_.clear();
    engine_->Advance(now_, events_);
    for (const TokenEvent& event : events_) {
      EXPECT_EQ(event.first, tokens_[event.sequence]);
      EXPECT_FALSE(ended_.contains(event.sequence)) << "ended twice";
      tokens_[event.sequence] += event.tokens;
      cached_[event.sequence] = event.cached_tokens;
      if (tokens_[event.sequence] == event.tokens) first_at_[event.sequence] = now_;
      if (event.last) ended_[event.sequence] = now_;
    }
    return true;
  }

  void RunUntilIdle() {
    for (int i = 0; i < 100'000 && Step(); ++i) {
    }
    EXPECT_EQ(engine_->running() + engine_->waiting(), 0u);
    EXPECT_EQ(engine_->kv().free_blocks(), engine_->kv().blocks());
  }

  const Story story_{1};
  std::unique_ptr<Engine> engine_;
  base::TimePoint now_{};
  std::vector<TokenEvent> events_;
  std::map<SequenceId, uint32_t> tokens_;
  std::map<SequenceId, uint32_t> cached_;
  std::map<SequenceId, base::TimePoint> first_at_;
  std::map<SequenceId, base::TimePoint> ended_;
};

TEST_F(EngineTest, OneSequenceTakesPrefillAndThenAStepAToken) {
  Begin(SmallProfile());
  EXPECT_EQ(engine_->NextDeadline(), base::TimePoint::max());
  ASSERT_TRUE(Submit(1, 100, 5));
  RunUntilIdle();
  EXPECT_EQ(tokens_[1], 5u);
  EXPECT_EQ(first_at_[1].time_since_epoch(), 20ms) << "100 tokens at 10,000 a second, and a step";
  EXPECT_EQ(ended_[1].time_since_epoch(), 60ms);
  EXPECT_EQ(engine_->stats().prompt_tokens, 100u);
  EXPECT_EQ(engine_->stats().generation_tokens, 5u);
  EXPECT_EQ(engine_->stats().finished_length, 1u);
  EXPECT_EQ(engine_->stats().first_token.count(), 1u);
  EXPECT_EQ(engine_->stats().inter_token.count(), 4u);
  EXPECT_DOUBLE_EQ(engine_->stats().inter_token.sum(), 0.040);
}

TEST_F(EngineTest, LongPromptsArePrefilledInChunks) {
  Begin(SmallProfile());
  ASSERT_TRUE(Submit(1, 500, 1));
  RunUntilIdle();
  EXPECT_EQ(ended_[1].time_since_epoch(), 70ms) << "256 tokens, 244 tokens: two steps";
}

TEST_F(EngineTest, TheBatchSlowsStepsDown) {
  Profile profile = SmallProfile();
  profile.step_per_sequence = 5ms;
  profile.step_per_1k_kv_tokens = 100ms;
  Begin(profile);
  ASSERT_TRUE(Submit(1, 100, 2));
  ASSERT_TRUE(Submit(2, 100, 2));
  RunUntilIdle();
  EXPECT_EQ(first_at_[1].time_since_epoch(), 10ms + 2 * 5ms + 20ms + 20ms);
  EXPECT_EQ(ended_[1] - first_at_[1], 10ms + 2 * 5ms + 20'200us);
}

TEST_F(EngineTest, QueueMovesWithLoad) {
  Begin(SmallProfile());
  for (SequenceId id = 0; id < 10; ++id) ASSERT_TRUE(Submit(id, 16, 10));
  EXPECT_EQ(engine_->waiting(), 10u);
  EXPECT_EQ(engine_->running(), 0u);
  Step();
  EXPECT_EQ(engine_->running(), 4u);
  EXPECT_EQ(engine_->waiting(), 6u);
  EXPECT_GT(engine_->kv().Usage(), 0.0);
  RunUntilIdle();
  EXPECT_EQ(ended_.size(), 10u);
  EXPECT_LT(ended_[0], ended_[9]) << "first come, first served";
  EXPECT_GT(engine_->stats().queue.sum(), 0.0);
}

TEST_F(EngineTest, AFullQueueRefuses) {
  Begin(SmallProfile());
  for (SequenceId id = 0; id < 12; ++id) EXPECT_TRUE(Submit(id, 16, 10)) << id;
  EXPECT_FALSE(Submit(12, 16, 10)) << "four to run, eight to wait";
  EXPECT_EQ(engine_->stats().rejected, 1u);
  Step();
  EXPECT_FALSE(Submit(13, 16, 10));
  RunUntilIdle();
  EXPECT_TRUE(Submit(14, 16, 10));
  RunUntilIdle();
}

TEST_F(EngineTest, EqualPrefixesAreReusedInWholeBlocks) {
  Begin(SmallProfile());
  ASSERT_TRUE(Submit(1, 100, 2, 'p'));
  RunUntilIdle();
  EXPECT_EQ(cached_[1], 0u);
  ASSERT_TRUE(Submit(2, 100, 2, 'p'));
  RunUntilIdle();
  EXPECT_EQ(cached_[2], 96u);
  EXPECT_EQ(ended_[2] - ended_[1], 20ms + 400us) << "only four tokens are prefilled";
  ASSERT_TRUE(Submit(3, 100, 2, 'q'));
  RunUntilIdle();
  EXPECT_EQ(cached_[3], 0u);
  EXPECT_EQ(engine_->stats().prefix_queries, 300u);
  EXPECT_EQ(engine_->stats().prefix_hits, 96u);
}

TEST_F(EngineTest, TheLastTokenIsAlwaysComputed) {
  Begin(SmallProfile());
  ASSERT_TRUE(Submit(1, 64, 1, 'p'));
  RunUntilIdle();
  ASSERT_TRUE(Submit(2, 64, 1, 'p'));
  RunUntilIdle();
  EXPECT_EQ(cached_[2], 48u);
}

TEST_F(EngineTest, AnAnswerIsFoundInTheNextPrompt) {
  Begin(SmallProfile());
  const std::string question(160, 'x');
  Submission first{HashPrompt(question, 16, 0), 60, FinishReason::kLength, 5};
  ASSERT_TRUE(engine_->Submit(now_, 1, first));
  RunUntilIdle();
  std::string conversation = question;
  story_.Append(5, 60, conversation);
  conversation += "and then?";
  Submission second{HashPrompt(conversation, 16, 0), 1, FinishReason::kLength, 6};
  ASSERT_TRUE(engine_->Submit(now_, 2, second));
  RunUntilIdle();
  // 40 + 60 tokens were known; the last of them was never fed back.
  EXPECT_EQ(cached_[2], 96u);
}

TEST_F(EngineTest, NothingIsReusedWithoutPrefixCaching) {
  Profile profile = SmallProfile();
  profile.enable_prefix_caching = false;
  Begin(profile);
  for (SequenceId id = 1; id < 3; ++id) {
    ASSERT_TRUE(Submit(id, 100, 2, 'p'));
    RunUntilIdle();
  }
  EXPECT_EQ(cached_[2], 0u);
  EXPECT_EQ(engine_->stats().prefix_queries, 0u);
}

TEST_F(EngineTest, CancelFreesBlocksAtOnce) {
  Begin(SmallProfile());
  ASSERT_TRUE(Submit(1, 200, 100));
  ASSERT_TRUE(Submit(2, 200, 100));
  for (int i = 0; i < 5; ++i) Step();
  EXPECT_EQ(engine_->running(), 2u);
  const uint32_t before = engine_->kv().free_blocks();
  engine_->Cancel(1);
  EXPECT_EQ(engine_->running(), 1u);
  EXPECT_GE(engine_->kv().free_blocks(), before + 13);
  engine_->Cancel(1);
  EXPECT_EQ(engine_->stats().cancelled, 1u);
  RunUntilIdle();
  EXPECT_FALSE(ended_.contains(1));
  EXPECT_TRUE(ended_.contains(2));
}

TEST_F(EngineTest, CancelWhileWaiting) {
  Begin(SmallProfile());
  for (SequenceId id = 0; id < 6; ++id) ASSERT_TRUE(Submit(id, 16, 4));
  Step();
  engine_->Cancel(5);
  EXPECT_EQ(engine_->waiting(), 1u);
  RunUntilIdle();
  EXPECT_FALSE(ended_.contains(5));
  EXPECT_EQ(ended_.size(), 5u);
}

TEST_F(EngineTest, WithoutKvRoomTheNewestGiveWay) {
  Profile profile = SmallProfile();
  profile.num_gpu_blocks = 20;
  profile.max_model_len = 320;
  Begin(profile);
  // Each grows from 5 to 15 blocks; three of them do not fit.
  for (SequenceId id = 0; id < 3; ++id) ASSERT_TRUE(Submit(id, 70, 160));
  double highest = 0;
  while (Step()) highest = std::max(highest, engine_->kv().Usage());
  EXPECT_GT(engine_->stats().preemptions, 0u);
  EXPECT_GT(highest, 0.9);
  EXPECT_LE(highest, 1.0);
  EXPECT_EQ(ended_.size(), 3u);
  for (SequenceId id = 0; id < 3; ++id) EXPECT_EQ(tokens_[id], 160u);
  EXPECT_LT(ended_[0], ended_[2]);
}

TEST_F(EngineTest, APreemptedPromptFindsItsBlocksAgain) {
  Profile profile = SmallProfile();
  profile.num_gpu_blocks = 20;
  profile.max_model_len = 320;
  Begin(profile);
  ASSERT_TRUE(Submit(1, 160, 100));
  ASSERT_TRUE(Submit(2, 96, 60));
  uint64_t prefilled = 0;
  while (engine_->stats().preemptions == 0) ASSERT_TRUE(Step());
  prefilled = engine_->stats().step_tokens.count();
  EXPECT_GT(prefilled, 0u);
  EXPECT_EQ(engine_->running(), 1u);
  EXPECT_EQ(engine_->waiting(), 1u);
  RunUntilIdle();
  EXPECT_EQ(tokens_[1], 100u);
  EXPECT_EQ(tokens_[2], 60u) << "no token was lost or made twice";
  EXPECT_EQ(engine_->stats().prefix_hits, 0u) << "its own blocks count as no hit";
}

TEST_F(EngineTest, PriorityDecidesWhoWaitsAndWhoGivesWay) {
  Profile profile = SmallProfile();
  profile.num_gpu_blocks = 20;
  profile.max_model_len = 320;
  Begin(profile);
  const auto submit = [&](SequenceId id, int32_t priority, uint32_t output) {
    Submission submission;
    submission.prompt = HashPrompt(std::string(64 * kBytesPerToken, static_cast<char>('a' + id)),
                                   profile.block_size, 0);
    submission.output_tokens = output;
    submission.priority = priority;
    ASSERT_TRUE(engine_->Submit(now_, id, std::move(submission)));
  };
  submit(1, 5, 200);
  Step();
  submit(2, 0, 200);
  submit(3, -1, 200);
  while (engine_->stats().preemptions == 0) ASSERT_TRUE(Step());
  EXPECT_GT(tokens_[1], tokens_[3]) << "the first to come had begun, and yet gave way";
  RunUntilIdle();
  EXPECT_LT(ended_[3], ended_[1]);
  EXPECT_LT(ended_[2], ended_[1]);
  EXPECT_EQ(tokens_[1], 200u);
}

class EngineLoraTest : public EngineTest {
 protected:
  static Profile TwoSlots() {
    Profile profile = SmallProfile();
    profile.max_loras = 2;
    profile.lora_load_time = 100ms;
    return profile;
  }
  void Ask(SequenceId id, AdapterId adapter, uint32_t output = 1) {
    Submission submission;
    submission.prompt = HashPrompt("word", engine_->profile().block_size, adapter);
    submission.output_tokens = output;
    submission.adapter = adapter;
    ASSERT_TRUE(engine_->Submit(now_, id, std::move(submission)));
  }
};

TEST_F(EngineLoraTest, AnAdapterIsLoadedByTheStepThatNeedsIt) {
  Begin(TwoSlots());
  Ask(1, 1, 3);
  RunUntilIdle();
  EXPECT_EQ(first_at_[1].time_since_epoch(), 110ms + 100us) << "load, a step, a token of prompt";
  EXPECT_EQ(ended_[1] - first_at_[1], 20ms) << "once is enough";
  Ask(2, 1);
  RunUntilIdle();
  EXPECT_EQ(ended_[2] - ended_[1], 10ms + 100us) << "it is still there";
  EXPECT_EQ(engine_->stats().adapter_loads, 1u);
}

TEST_F(EngineLoraTest, MoreAdaptersThanSlotsTakeTurns) {
  Begin(TwoSlots());
  Ask(1, 1, 5);
  Ask(2, 2, 5);
  Ask(3, 3, 5);
  Ask(4, 0, 5);
  Step();
  EXPECT_EQ(engine_->running(), 3u) << "the base model needs no slot, and does not wait";
  EXPECT_EQ(engine_->RunningAdapters(), (std::vector<AdapterId>{1, 2}));
  EXPECT_EQ(engine_->WaitingAdapters(), (std::vector<AdapterId>{3}));
  RunUntilIdle();
  EXPECT_GT(first_at_[3], ended_[1]);
  EXPECT_LT(first_at_[4], ended_[1]);
  EXPECT_EQ(engine_->stats().adapter_loads, 3u);
  Ask(5, 1);
  RunUntilIdle();
  EXPECT_EQ(engine_->stats().adapter_loads, 4u) << "3 had taken the slot of 1";
}

TEST_F(EngineLoraTest, AdaptersShareNoBlocks) {
  Begin(TwoSlots());
  for (SequenceId id = 1; id <= 3; ++id) {
    Submission submission;
    const auto adapter = static_cast<AdapterId>(id == 3 ? 2 : id);
    submission.prompt = HashPrompt(std::string(400, 'x'), 16, adapter);
    submission.adapter = adapter;
    ASSERT_TRUE(engine_->Submit(now_, id, std::move(submission)));
    RunUntilIdle();
  }
  EXPECT_EQ(cached_[2], 0u);
  EXPECT_EQ(cached_[3], 96u);
}

TEST_F(EngineTest, PoolingMakesNoTokens) {
  Begin(SmallProfile());
  Submission submission;
  submission.prompt = HashPrompt(std::string(400, 'x'), 16, 0);
  submission.work = Work::kPool;
  ASSERT_TRUE(engine_->Submit(now_, 1, std::move(submission)));
  RunUntilIdle();
  EXPECT_EQ(ended_[1].time_since_epoch(), 20ms);
  EXPECT_EQ(engine_->stats().prompt_tokens, 100u);
  EXPECT_EQ(engine_->stats().generation_tokens, 0u);
  EXPECT_EQ(engine_->stats().first_token.count(), 0u);
}

TEST_F(EngineTest, AnAbsentCallerDoesNotMakeItCatchUp) {
  Begin(SmallProfile());
  ASSERT_TRUE(Submit(1, 16, 100));
  Step();
  now_ += 10s;
  Step();
  EXPECT_EQ(tokens_[1], 1u);
  EXPECT_EQ(engine_->NextDeadline(), now_ + 10ms);
  now_ += 13ms;  // a little late: the next step keeps its time
  Step();
  EXPECT_EQ(engine_->NextDeadline(), now_ + 7ms);
}

TEST_F(EngineTest, InstantAnswersWholeInTheSameMoment) {
  Begin(InstantProfile());
  ASSERT_TRUE(Submit(1, 1000, 64));
  ASSERT_TRUE(Submit(2, 1000, 1));
  Step();
  EXPECT_EQ(tokens_[1], 64u);
  EXPECT_EQ(ended_[1], base::TimePoint{});
  EXPECT_TRUE(ended_.contains(2));
  EXPECT_EQ(engine_->stats().generation_tokens, 65u);
  RunUntilIdle();
}

// Whatever comes, everything ends once, KV use stays within bounds, and a second run is the same.
TEST_F(EngineTest, RandomLoadEndsWholeAndRepeats) {
  std::vector<uint64_t> runs;
  for (int run = 0; run < 2; ++run) {
    Profile profile = SmallProfile();
    profile.num_gpu_blocks = 40;
    profile.max_num_queued_reqs = 50;
    Begin(profile);
    tokens_.clear();
    ended_.clear();
    now_ = {};
    base::Rng rng(11);
    std::map<SequenceId, uint32_t> wanted;
    size_t cancelled = 0;
    SequenceId next = 0;
    uint64_t digest = 0;
    for (int i = 0; i < 3000; ++i) {
      const uint32_t dice = rng.Below(10);
      if (dice < 3) {
        const uint32_t output = 1 + rng.Below(60);
        const auto letter = static_cast<char>('a' + rng.Below(3));
        if (Submit(next, 1 + rng.Below(300), output, letter)) wanted[next] = output;
        ++next;
      } else if (dice == 3 && next > 0) {
        const SequenceId id = rng.Below(static_cast<uint32_t>(next));
        const uint64_t before = engine_->stats().cancelled;
        engine_->Cancel(id);
        if (engine_->stats().cancelled != before) ++cancelled;
      } else {
        Step();
      }
      EXPECT_LE(engine_->running(), 4u);
      digest = digest * 31 + static_cast<uint64_t>(now_.time_since_epoch().count()) +
               engine_->kv().free_blocks();
    }
    RunUntilIdle();
    EXPECT_EQ(ended_.size() + cancelled, wanted.size());
    for (const auto& [id, when] : ended_) EXPECT_EQ(tokens_[id], wanted[id]);
    runs.push_back(digest);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

}  // namespace
}  // namespace fairway::modelsim
