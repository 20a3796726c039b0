#pragma once
// Requests for vectors and scores: /v1/embeddings, /rerank and /score. Each text is a prefill in
// the engine. The numbers are made from the words, so that equal texts are equal, and texts with
// common words are near each other.

#include "modelsim/core.h"

namespace fairway::modelsim {

enum class PoolApi : unsigned char { kEmbeddings, kRerank, kScore };

rt::Task<Outcome> AnswerPooled(ServerCore& core, http::Exchange& exchange, PoolApi api);

}  // namespace fairway::modelsim
