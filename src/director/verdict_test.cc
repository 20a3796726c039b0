#include "director/verdict.h"

#include <gtest/gtest.h>

namespace fairway::director {
namespace {

using inference::AnswerFacts;
using inference::FinishReason;

TEST(Verdict, AnOrdinaryAnswerGoesThrough) {
  EXPECT_EQ(Judge(200, "{}", {}), Verdict::kAnswer);
  EXPECT_EQ(Judge(200, "{}", {.finish = FinishReason::kLength}), Verdict::kAnswer);
  EXPECT_EQ(Judge(400, R"({"error":{"message":"bad"}})", {.error = true}), Verdict::kAnswer);
}

TEST(Verdict, AServersOwnFailureGoesThroughToo) {
  EXPECT_EQ(Judge(500, R"({"error":{"message":"CUDA out of memory"}})", {}), Verdict::kAnswer);
}

TEST(Verdict, BusyAndDyingServersAreLeft) {
  EXPECT_EQ(Judge(503, "", {}), Verdict::kRefused);
  EXPECT_EQ(Judge(500, R"({"error":{"message":"cannot schedule new futures after shutdown"}})", {}),
            Verdict::kRefused);
  EXPECT_EQ(Judge(500, "EngineCore encountered an issue. See", {}), Verdict::kRefused);
}

TEST(Verdict, AFrameworksPlainTextFailureIsNoAnswer) {
  EXPECT_EQ(Judge(500, "Internal Server Error", {}), Verdict::kRefused);
  EXPECT_EQ(Judge(500, R"({"error":{"message":"Internal Server Error: disk full"}})", {}),
            Verdict::kAnswer);
}

TEST(Verdict, AStreamThatIsOverWithoutATokenIsNoAnswer) {
  AnswerFacts facts;
  facts.done = true;
  EXPECT_EQ(Judge(200, "", facts), Verdict::kRefused);
  facts.finish = FinishReason::kStop;
  EXPECT_EQ(Judge(200, "", facts), Verdict::kAnswer);
}

TEST(Verdict, AnAbortedUnaryAnswerIsNoAnswer) {
  EXPECT_EQ(Judge(200, "{}", {.finish = FinishReason::kAbort}), Verdict::kRefused);
}

TEST(Verdict, AStreamWhoseFirstEventIsTheEnginesDeathIsNoAnswer) {
  AnswerFacts facts;
  facts.error = true;
  facts.error_message = "EngineCore encountered an issue. See stack trace (above)";
  EXPECT_EQ(Judge(200, "", facts), Verdict::kRefused);
  facts.error_message = "context length exceeded";
  EXPECT_EQ(Judge(200, "", facts), Verdict::kAnswer);
}

}  // namespace
}  // namespace fairway::director
