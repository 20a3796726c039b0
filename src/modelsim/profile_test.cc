#include "modelsim/profile.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "modelsim/profile_library.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

TEST(Profile, BuiltInOnesAreWhatTheySay) {
  EXPECT_TRUE(InstantProfile().Instant());
  EXPECT_FALSE(DefaultProfile().Instant());
  EXPECT_EQ(DefaultProfile().prefill_tokens_per_s, 8000);
  EXPECT_EQ(DefaultProfile().step_base, 20ms);
  EXPECT_EQ(*LoadProfile("instant"), InstantProfile());
  EXPECT_EQ(*LoadProfile("default"), DefaultProfile());
}

// What a user copies says all there is to say.
TEST(Profile, TheLibraryIsReadable) {
  EXPECT_GE(ProfileLibrary().size(), 6u);
  for (const LibraryProfile& one : ProfileLibrary()) {
    const auto profile = ParseProfile(one.yaml, std::string(one.name));
    ASSERT_TRUE(profile.ok()) << profile.status().ToString();
    if (one.name == "instant") continue;
    EXPECT_FALSE(profile->Instant()) << one.name;
    EXPECT_GE(profile->ContextTokens(), 16384u) << one.name;
  }
  EXPECT_FALSE(LibraryYaml("h200").has_value());
}

// The orders that make the published pairs what they are.
TEST(Profile, TheGpusDifferAsTheyDo) {
  const Profile h100 = *LoadProfile("h100-llama-3.1-8b");
  const Profile a100 = *LoadProfile("a100-llama-3.1-8b");
  const Profile l4 = *LoadProfile("l4-llama-3.1-8b");
  EXPECT_LT(h100.step_base, a100.step_base);
  EXPECT_LT(a100.step_base, l4.step_base);
  EXPECT_GT(h100.prefill_tokens_per_s, a100.prefill_tokens_per_s);
  EXPECT_GT(a100.prefill_tokens_per_s, l4.prefill_tokens_per_s);
  EXPECT_GT(h100.num_gpu_blocks * 16u, 400'000u);
  EXPECT_LT(l4.num_gpu_blocks * 16u, 30'000u);
}

TEST(Profile, ReadsItsKeys) {
  const auto profile = ParseProfile(R"(
max_num_seqs: 8
max_num_queued_reqs: 0
block_size: 32
num_gpu_blocks: 512
max_model_len: 4096
enable_prefix_caching: false
prefill_tokens_per_s: 100000
step_base: 2ms
step_per_sequence: 50us
scheduling_policy: priority
max_loras: 4
lora_load_time: 30ms
output_tokens_min: 3
output_tokens_max: 3
seed: 9
)",
                                    "p.yaml");
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();
  EXPECT_EQ(profile->max_num_seqs, 8u);
  EXPECT_EQ(profile->max_num_queued_reqs, 0u);
  EXPECT_EQ(profile->block_size, 32u);
  EXPECT_FALSE(profile->enable_prefix_caching);
  EXPECT_EQ(profile->step_base, 2ms);
  EXPECT_EQ(profile->step_per_sequence, 50us);
  EXPECT_EQ(profile->step_per_1k_kv_tokens, DefaultProfile().step_per_1k_kv_tokens);
  EXPECT_EQ(profile->scheduling_policy, SchedulingPolicy::kPriority);
  EXPECT_EQ(profile->max_loras, 4u);
  EXPECT_EQ(profile->lora_load_time, 30ms);
  EXPECT_EQ(profile->ContextTokens(), 4096u);
}

TEST(Profile, TheContextIsWhatTheKvCacheHolds) {
  Profile profile;
  profile.block_size = 16;
  profile.num_gpu_blocks = 10;
  EXPECT_EQ(profile.ContextTokens(), 160u);
}

TEST(Profile, AnEmptyFileIsTheDefault) {
  const auto profile = ParseProfile("", "p.yaml");
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(profile->step_base, DefaultProfile().step_base);
}

TEST(Profile, ComplaintsNameTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"max_num_seqs: 4\nmax_num_sequences: 8\n", "p.yaml:2"},
      {"\nblock_size: 0\n", "p.yaml:2"},
      {"num_gpu_blocks: many\n", "p.yaml:1"},
      {"step_base: -3ms\n", "p.yaml:1"},
      {"prefill_tokens_per_s: -1\n", "p.yaml:1"},
      {"output_tokens_min: 90\noutput_tokens_max: 10\n", "p.yaml:1"},
      {"- a\n- b\n", "p.yaml:1"},
      {"seed: 1\nscheduling_policy: lifo\n", "p.yaml:2"},
  };
  for (const auto& [text, where] : cases) {
    const auto profile = ParseProfile(text, "p.yaml");
    ASSERT_FALSE(profile.ok()) << text;
    EXPECT_EQ(profile.status().code(), base::Code::kInvalid);
    EXPECT_NE(profile.status().message().find(where), std::string::npos)
        << profile.status().message();
  }
}

TEST(Profile, LoadsAFile) {
  const std::string path = testing::TempDir() + "profile_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << "max_num_seqs: 3\n";
  const auto profile = LoadProfile(path);
  unlink(path.c_str());
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();
  EXPECT_EQ(profile->max_num_seqs, 3u);
  EXPECT_EQ(LoadProfile("/nowhere/at/all.yaml").status().code(), base::Code::kNotFound);
}

}  // namespace
}  // namespace fairway::modelsim
