#pragma once
// ParsedRequest: what a gateway needs to know of an inference request, as views of the bytes the
// client sent. Nothing is decoded that does not have to be: prompts stay raw JSON, escapes and all.
//
// Values. Views and spans point into the body or into the Parser's scratch: they are good until the
// body goes or that Parser parses again, so copy (or hash) what must live past the next wait.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "inference/api.h"

namespace fairway::inference {

// The values are what separates pieces when they are hashed (prefix/block_hash.h); never 9, 10, 13
// or above 31, so that they cannot occur within raw JSON.
enum class PieceKind : unsigned char {
  kRole = 1,      // a message's role
  kText = 2,      // text: raw string, no quotes
  kJson = 3,      // tools, tool calls, images and other parts: raw JSON value
  kTokenIds = 4,  // an array of token ids: raw JSON, brackets included
};

struct PromptPiece {
  PieceKind kind = PieceKind::kText;
  std::string_view raw;
};

struct ByteRange {
  size_t offset = 0;
  size_t size = 0;
};

// How the model's name stands in the body.
enum class ModelForm : unsigned char {
  kJson,  // a JSON string, quotes included
  kText,  // bare, as a form field
};

struct ParsedRequest {
  Api api = Api::kNone;

  // Decoded; empty if the body names none (absent or null).
  std::string_view model;
  bool has_model = false;
  // The model's name in the body: what a rewrite replaces.
  ByteRange model_range;
  ModelForm model_form = ModelForm::kJson;

  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage
  // What the API calls it: max_completion_tokens, max_tokens, max_output_tokens.
  std::optional<uint64_t> max_output_tokens;
  uint64_t choices = 1;  // "n"

  // The prompt in the order the engine's template puts it: tools first, then the system text or
  // instructions, then the messages (role and content of each), or the prompts, or the query and
  // the documents. At most PromptReader::kMaxPieces; what is beyond is counted only.
  std::span<const PromptPiece> prompt;
  uint64_t prompt_bytes = 0;
  // bytes / 4 of text; a token id counts 1; an image or other medium kTokensPerMedium.
  uint64_t estimated_prompt_tokens = 0;

  // Decoded; empty if absent.
  std::string_view user;
  std::string_view cache_salt;
  // Responses API: the stored response that this one goes on from. Decoded; empty if none.
  std::string_view previous_response_id;
  // Responses API: the server works on it, and keeps it, without this connection.
  bool background = false;
};

inline constexpr uint64_t kBytesPerToken = 4;
// About what a 640 x 360 picture costs in common vision models; its base64 bytes say nothing of it.
inline constexpr uint64_t kTokensPerMedium = 256;

}  // namespace fairway::inference
