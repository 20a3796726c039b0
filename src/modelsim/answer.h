#pragma once
// The JSON of answers, in vLLM 0.32's shapes. What is the same for every token of a stream is built
// once; a token then is four bytes changed in a frame.

#include <cstdint>
#include <string>
#include <string_view>

#include "modelsim/api_request.h"
#include "modelsim/engine.h"
#include "modelsim/served.h"

namespace fairway::modelsim {

struct Usage {
  uint32_t prompt_tokens = 0;
  uint32_t completion_tokens = 0;
  uint32_t cached_tokens = 0;
};

// What all parts of one answer say. The views must outlive the call that gets it.
struct AnswerHead {
  Api api = Api::kChat;
  std::string_view id;          // "chatcmpl-...", printable ASCII without quote and backslash
  std::string_view model_json;  // the model's name as a JSON string, quotes included
  int64_t created = 0;          // seconds since the epoch
};

// "chatcmpl-<request id>" or "cmpl-<request id>"; bytes that JSON would have to escape become '_'.
std::string AnswerId(Api api, std::string_view request_id);

void AppendUnaryAnswer(const AnswerHead& head, std::string_view text, FinishReason finish,
                       const Usage& usage, std::string& out);

// HTTP chunks (chunked coding included) of one streamed answer.
class StreamFrames {
 public:
  explicit StreamFrames(const AnswerHead& head);

  // A chat's first chunk, which names the role; nothing for completions.
  void AppendOpening(std::string& out) const;
  // One token's chunk; `token` has kBytesPerToken bytes.
  void AppendToken(std::string_view token, std::string& out) const;
  // The last token's, with the finish reason.
  void AppendLastToken(std::string_view token, FinishReason finish, std::string& out) const;
  void AppendUsage(const Usage& usage, std::string& out) const;
  // What a dying engine says in mid-stream.
  static void AppendError(const ApiError& error, std::string& out);
  // "data: [DONE]" and the end of the chunked body.
  static void AppendDone(std::string& out);

 private:
  Api api_;
  std::string common_;   // an event up to its choices
  std::string frame_;    // a whole chunk, to be patched
  size_t token_at_ = 0;  // where in it the token stands
};

// GET /v1/models. The first is the model, the parent of the others.
std::string ModelsJson(std::span<const ServedModels::Pointer> served, uint32_t max_model_len,
                       int64_t created);

}  // namespace fairway::modelsim
