#pragma once
// How an API says what a model wrote: as one JSON text, or as server-sent events. One object an
// answer. What is the same for every token of a stream is built once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "modelsim/api/error.h"
#include "modelsim/api/request.h"
#include "modelsim/engine/engine.h"

namespace fairway::modelsim {

struct Usage {
  uint32_t prompt_tokens = 0;
  uint32_t completion_tokens = 0;
  uint32_t cached_tokens = 0;
};

// How events are put on the wire: each as a chunk of HTTP/1.1's chunked coding, or bare.
enum class Framing : unsigned char { kChunked, kBare };

// What all parts of one answer say. The views outlive the form.
struct AnswerHead {
  Api api = Api::kChat;
  std::string_view id;          // "chatcmpl-...", printable ASCII without quote and backslash
  std::string_view model_json;  // the model's name as a JSON string, quotes included
  int64_t created = 0;          // seconds since the epoch
  Framing framing = Framing::kChunked;
  std::optional<uint32_t> logprobs = std::nullopt;  // with so many alternatives
  uint32_t choices = 1;
  uint32_t prompt_tokens = 0;
  std::optional<uint32_t> max_tokens = std::nullopt;
  std::string_view previous_response_id = {};
};

// A piece of one choice, at most a token long. Plain text: it needs no escaping.
struct TokenPiece {
  uint32_t choice = 0;
  uint32_t position = 0;  // of the token in its answer
  std::string_view text;
};

struct FinishedChoice {
  uint32_t index = 0;
  std::string_view text;
  FinishReason finish = FinishReason::kLength;
  std::string_view stop = {};  // the stop string that ended it; empty: none
};

class AnswerForm {
 public:
  virtual ~AnswerForm() = default;

  virtual void AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                           std::string& out) const = 0;

  // In this order: once; for each token that shows; once for each choice, with what is left of its
  // text (at most a token); once, with the end of the body.
  virtual void AppendOpening(std::string& out) = 0;
  virtual void AppendToken(const TokenPiece& piece, std::string& out) = 0;
  virtual void AppendLast(const TokenPiece& piece, const FinishedChoice& choice,
                          std::string& out) = 0;
  virtual void AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                             std::string& out) = 0;
  // Or, instead of the rest: what a dying engine says, and the end of the body.
  virtual void AppendFailure(const ApiError& error, std::string& out) = 0;
};

// Whether a stream of chats or completions ends with its usage.
enum class StreamUsage : unsigned char { kNo, kLast };

}  // namespace fairway::modelsim
