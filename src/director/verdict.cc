#include "director/verdict.h"

#include <array>

namespace fairway::director {
namespace {

// A server that is shutting down, or whose engine process died, says one of these with a 500.
constexpr std::array<std::string_view, 3> kEngineGone = {
    "cannot schedule new futures", "EngineCore encountered an issue", "EngineDeadError"};

// What vLLM's HTTP framework says, as plain text, where vLLM's own code fell over in the middle of
// its shutdown. An engine's considered 500 is JSON.
constexpr std::string_view kFellOver = "Internal Server Error";

bool SaysEngineGone(std::string_view text) {
  if (text == kFellOver) return true;
  for (const std::string_view phrase : kEngineGone) {
    if (text.find(phrase) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Verdict Judge(int status, std::string_view body, const inference::AnswerFacts& facts) {
  if (status == 503) return Verdict::kRefused;
  if (status == 500) return SaysEngineGone(body) ? Verdict::kRefused : Verdict::kAnswer;
  if (status != 200) return Verdict::kAnswer;
  // vLLM answers 200 to what it gave up on SIGTERM, and puts an engine's death into the stream.
  if (facts.finish == inference::FinishReason::kAbort) return Verdict::kRefused;
  if (facts.error && SaysEngineGone(facts.error_message)) return Verdict::kRefused;
  // A stream that waited in the engine's queue on SIGTERM: ended in order, without token or reason.
  if (facts.done && !facts.error && !facts.content &&
      facts.finish == inference::FinishReason::kNone)
    return Verdict::kRefused;
  return Verdict::kAnswer;
}

}  // namespace fairway::director
