#pragma once
// What an engine's answer says of itself: token usage, how it finished, whether it failed midway.
// Most stream events carry a token and nothing else; those are told apart by one vector pass over
// their bytes and never parsed.
//
// An answer that cannot be read changes nothing: bytes go to the client as they came.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/index.h"

namespace fairway::inference {

struct Usage {
  uint64_t prompt_tokens = 0;
  uint64_t completion_tokens = 0;
  uint64_t total_tokens = 0;
  // prompt_tokens_details.cached_tokens, or as Anthropic has it; nullopt if the engine does not
  // tell.
  std::optional<uint64_t> cached_tokens;
  friend bool operator==(const Usage&, const Usage&) = default;
};

enum class FinishReason : unsigned char {
  kNone,
  kStop,
  kLength,
  kAbort,  // the engine gave the request up (vLLM on SIGTERM), in whatever words its API has
  kOther,  // tool_calls, content_filter, ...
};

// Filled as the answer goes by. Value; one a request.
struct AnswerFacts {
  std::optional<Usage> usage;  // the latest told
  // Of the choices told so far; kAbort wins over any other.
  FinishReason finish = FinishReason::kNone;
  bool error = false;  // {"error": ...} in a body or in an event of a 200 stream
  std::string error_message;
  int64_t error_code = 0;  // 0 if it is no number
  bool done = false;       // data: [DONE], or the last event of an API that has another
  // An event brought something that a client would show or act on: not a role, not an empty text,
  // not the announcement of an answer that has yet to begin.
  bool content = false;
  std::string response_id;  // Responses API: what the server keeps the answer under
};

// Whether an event may hold usage, an error or a finish reason; false means surely not.
bool MayHoldFacts(std::string_view data);

// One a worker.
class UsageReader {
 public:
  // `data` is one server-sent event's data, without "data:".
  void ReadEvent(std::string_view data, AnswerFacts& into);
  // The same for the events up to the first with content: those are looked at in full, whatever
  // they hold.
  void ReadOpening(std::string_view data, AnswerFacts& into);
  // A whole unary body.
  void ReadBody(std::string_view body, AnswerFacts& into);

 private:
  json::Index index_;
};

}  // namespace fairway::inference
