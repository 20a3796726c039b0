#pragma once
// Api: the HTTP interfaces of inference engines whose requests a gateway reads, by path. OpenAI's,
// Anthropic's and what engines add beside them.

#include <string_view>

namespace fairway::inference {

enum class Api : unsigned char {
  kNone,  // not a path that we know: only its `model` is read
  kChatCompletions,
  kCompletions,
  kEmbeddings,
  kResponses,
  kMessages,
  kCountTokens,
  kRerank,
  kScore,
  kAudio,
  kImages,
};

// By path, query left out; one trailing slash is forgiven.
//   /v1/chat/completions /v1/completions /v1/embeddings /v1/responses
//   /v1/messages /v1/messages/count_tokens
//   /rerank /v1/rerank /v2/rerank, /score /v1/score
//   /v1/audio/{speech,transcriptions,translations}, /v1/images/{generations,edits,variations}
Api ApiOfPath(std::string_view path);

// "chat-completions"; "none" for kNone.
std::string_view NameOf(Api api);

}  // namespace fairway::inference
