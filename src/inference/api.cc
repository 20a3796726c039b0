#include "inference/api.h"

#include <array>

namespace fairway::inference {
namespace {

struct Path {
  std::string_view path;
  Api api;
};
constexpr std::array<Path, 17> kPaths = {{
    {"/v1/chat/completions", Api::kChatCompletions},
    {"/v1/completions", Api::kCompletions},
    {"/v1/embeddings", Api::kEmbeddings},
    {"/v1/responses", Api::kResponses},
    {"/v1/messages", Api::kMessages},
    {"/v1/messages/count_tokens", Api::kCountTokens},
    {"/rerank", Api::kRerank},
    {"/v1/rerank", Api::kRerank},
    {"/v2/rerank", Api::kRerank},
    {"/score", Api::kScore},
    {"/v1/score", Api::kScore},
    {"/v1/audio/speech", Api::kAudio},
    {"/v1/audio/transcriptions", Api::kAudio},
    {"/v1/audio/translations", Api::kAudio},
    {"/v1/images/generations", Api::kImages},
    {"/v1/images/edits", Api::kImages},
    {"/v1/images/variations", Api::kImages},
}};

// In the order of the enum.
constexpr std::array<std::string_view, 11> kNames = {
    "none",         "chat-completions", "completions", "embeddings", "responses", "messages",
    "count-tokens", "rerank",           "score",       "audio",      "images"};

}  // namespace

Api ApiOfPath(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.ends_with('/')) path.remove_suffix(1);
  for (const Path& known : kPaths) {
    if (path == known.path) return known.api;
  }
  return Api::kNone;
}

std::string_view NameOf(Api api) { return kNames[static_cast<size_t>(api)]; }

}  // namespace fairway::inference
