#pragma once
// Parser: one scan of an inference request's body. Strict where a gateway and an engine could read
// one body differently (JSON grammar, UTF-8, a second `model`), silent about everything that only
// the engine can judge. No malloc once its scratch has grown to the bodies it sees.
//
// One a worker. The body needs no padding after it.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "inference/request.h"
#include "json/cursor.h"
#include "json/index.h"

namespace fairway::inference {

class Parser {
 public:
  static constexpr size_t kMaxPieces = size_t{1} << 16;

  // kInvalid: bad JSON, the root no object, `model` twice or no string, `stream` no bool.
  // kExhausted: nested deeper than json::Cursor::kMaxDepth, or beyond what can be indexed. Messages
  // are fit for the client; error_param() says which parameter is meant. A missing model is no
  // error (ParsedRequest::has_model).
  base::Result<ParsedRequest> Parse(Api api, std::string_view body);

  // After a failure: the OpenAI `param`, a literal; empty if it is the body as a whole.
  std::string_view error_param() const { return error_param_; }

 private:
  base::Status Read(std::string_view body);
  base::Status ReadMember(json::Cursor& at, std::string_view key);
  base::Status ReadModel(json::Cursor& at);
  base::Status Invalid(std::string_view param, std::string_view what);
  void ReadStreamOptions(json::Cursor& at);
  void ReadMessages(json::Cursor& at);
  void ReadMessage(json::Cursor& at);
  void ReadContent(json::Cursor& at);
  void ReadPart(json::Cursor& at);
  void ReadPrompt(json::Cursor& at);
  void ReadPrompts(json::Cursor& at);
  void ReadTokenIds(json::Cursor& at);
  void AddText(PieceKind kind, std::string_view raw);
  void Add(PieceKind kind, std::string_view raw, uint64_t tokens);
  void ForgetPrompt();
  void SetPrompt();

  json::Index index_;
  ParsedRequest request_;            // being filled
  bool model_seen_ = false;          // even if null
  std::string_view tools_;           // raw
  uint64_t text_bytes_ = 0;          // of the prompt, tools left out
  uint64_t other_tokens_ = 0;        // token ids and media
  std::vector<PromptPiece> pieces_;  // [0] is kept for the tools
  std::string key_;                  // decoded forms of what came with escapes
  std::string model_;
  std::string user_;
  std::string cache_salt_;
  std::string_view error_param_;
};

}  // namespace fairway::inference
