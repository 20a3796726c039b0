#pragma once
// PromptReader: gathers the pieces of a prompt while a request's body is walked, whichever member
// of the body holds them. Each Read moves the cursor over one value; what has no text that we know
// is moved over as well, silently.
//
// One a Parser, used again: no malloc once it has grown to the prompts it sees.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inference/request.h"
#include "json/cursor.h"

namespace fairway::inference {

class PromptReader {
 public:
  static constexpr size_t kMaxPieces = size_t{1} << 16;

  void Reset();

  // Chat messages, or the items of the Responses API.
  void ReadMessages(json::Cursor& at);
  // "prompt" and "input": a string, a list of strings, token ids, a list of those.
  void ReadPrompt(json::Cursor& at);
  // Text in any nesting of lists and content parts: a query, documents, a message's content.
  void ReadText(json::Cursor& at);
  // The same, placed before all messages and prompts: "system", "instructions".
  void ReadSystem(json::Cursor& at);
  // The tools' raw JSON, placed before everything.
  void ReadTools(json::Cursor& at);
  // A second member of the same name replaces the first, as in engines.
  void ForgetPrompt();

  // Sets the prompt's members of `request`. Views are good until the next Reset.
  void Finish(ParsedRequest& request);

 private:
  void ReadMessage(json::Cursor& at);
  void ReadPart(json::Cursor& at);
  void ReadTokenIds(json::Cursor& at);
  void AddText(PieceKind kind, std::string_view raw);
  void Add(PieceKind kind, std::string_view raw, uint64_t tokens);

  std::string_view tools_;
  uint64_t bytes_ = 0;       // of all pieces
  uint64_t text_bytes_ = 0;  // of those that count by their bytes
  uint64_t tokens_ = 0;      // of token ids and media
  std::vector<PromptPiece> system_;
  std::vector<PromptPiece> pieces_;  // [0] is kept for the tools
  std::vector<PromptPiece>* into_ = &pieces_;
};

}  // namespace fairway::inference
