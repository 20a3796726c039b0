#include "modelsim/api/logprobs.h"

#include <algorithm>

#include "json/writer.h"
#include "modelsim/engine/prompt.h"
#include "modelsim/engine/story.h"

namespace fairway::modelsim {
namespace {

// Calls `each(token, its position)`.
template <class Each>
void ForTokens(std::string_view text, uint32_t position, const Each& each) {
  while (!text.empty()) {
    const std::string_view token = text.substr(0, std::min(kBytesPerToken, text.size()));
    each(token, position++);
    text.remove_prefix(token.size());
  }
}

// The token itself, then ones that might have stood there.
std::string Alternative(std::string_view token, uint32_t rank) {
  std::string text(token);
  if (rank > 0) text.back() = static_cast<char>('a' + (text.back() + rank) % 26);
  return text;
}

double AlternativeLogprob(double chosen, uint32_t rank) { return chosen - 0.5 * rank; }

void WriteToken(json::Writer& to, std::string_view token, double logprob) {
  to.Member("token", token).Member("logprob", logprob).Key("bytes").BeginArray();
  for (const char c : token) to.Value(static_cast<unsigned char>(c));
  to.EndArray();
}

}  // namespace

double LogprobOf(std::string_view token, uint32_t position) {
  return -static_cast<double>(BlockHash(position, token) % 2000) / 1000;
}

void AppendChatLogprobs(std::string_view text, uint32_t position, uint32_t alternatives,
                        std::string& out) {
  json::Writer to(out);
  to.BeginObject().Key("content").BeginArray();
  ForTokens(text, position, [&](std::string_view token, uint32_t at) {
    const double logprob = LogprobOf(token, at);
    to.BeginObject();
    WriteToken(to, token, logprob);
    to.Key("top_logprobs").BeginArray();
    for (uint32_t rank = 0; rank < alternatives; ++rank) {
      to.BeginObject();
      WriteToken(to, Alternative(token, rank), AlternativeLogprob(logprob, rank));
      to.EndObject();
    }
    to.EndArray().EndObject();
  });
  to.EndArray().EndObject();
}

void AppendCompletionLogprobs(std::string_view text, uint32_t position, uint32_t alternatives,
                              std::string& out) {
  json::Writer to(out);
  to.BeginObject().Key("text_offset").BeginArray();
  ForTokens(text, position, [&](std::string_view, uint32_t at) { to.Value(at * kBytesPerToken); });
  to.EndArray().Key("token_logprobs").BeginArray();
  ForTokens(text, position,
            [&](std::string_view token, uint32_t at) { to.Value(LogprobOf(token, at)); });
  to.EndArray().Key("tokens").BeginArray();
  ForTokens(text, position, [&](std::string_view token, uint32_t) { to.Value(token); });
  to.EndArray().Key("top_logprobs").BeginArray();
  ForTokens(text, position, [&](std::string_view token, uint32_t at) {
    to.BeginObject();
    for (uint32_t rank = 0; rank < std::max(alternatives, 1u); ++rank) {
      to.Member(Alternative(token, rank), AlternativeLogprob(LogprobOf(token, at), rank));
    }
    to.EndObject();
  });
  to.EndArray().EndObject();
}

}  // namespace fairway::modelsim
