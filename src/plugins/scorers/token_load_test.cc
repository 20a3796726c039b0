#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(TokenLoadScorer, CountsWhatIsThereAndWhatThisRequestAdds) {
  const auto scorer = MakeOne<sched::Scorer>("token-load-scorer", "queueThresholdTokens: 1024");
  Field field(4);
  const std::vector<uint64_t> blocks(4);
  field.request.prefix_blocks = blocks;
  field.request.block_tokens = 64;
  field.request.prompt_tokens = 256;
  Field::Set(field.candidates.mutable_in_flight_tokens(), {0, 0, 256, 5000});
  Field::Set(field.candidates.mutable_cached_blocks(), {0, 4, 2, 0});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.75f, 1, 0.625f, 0}));
}

TEST(TokenLoadScorer, TheContractsThresholdIsTheDefault) {
  const auto scorer = MakeOne<sched::Scorer>("token-load-scorer");
  Field field(2);
  Field::Set(field.candidates.mutable_in_flight_tokens(), {1 << 21, 1 << 22});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.5f, 0}));
}

TEST(TokenLoadScorer, Parameters) {
  EXPECT_NE(MakeComplaint("token-load-scorer", "queueThresholdTokens: 0"), "");
  EXPECT_EQ(MakeComplaint("token-load-scorer", "{queueThresholdToken: 1}"),
            "x.yaml:1: queueThresholdToken: unknown field; did you mean \"queueThresholdTokens\"?");
  EXPECT_EQ(MakeComplaint("token-load-scorer", "inFlightLoadProducerName: p"), "");
}

}  // namespace
}  // namespace fairway::plugins
