#pragma once
// Parser: one scan of an inference request's body. Strict where a gateway and an engine could read
// one body differently (JSON grammar, UTF-8, a second `model`), silent about everything that only
// the engine can judge. No malloc once its scratch has grown to the bodies it sees.
//
// One a worker. The body needs no padding after it.

#include <string>
#include <string_view>

#include "base/status.h"
#include "inference/prompt_reader.h"
#include "inference/request.h"
#include "json/cursor.h"
#include "json/index.h"

namespace fairway::inference {

class Parser {
 public:
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
  bool ReadOutputLimit(json::Cursor& at, std::string_view key);
  bool ReadPromptMember(json::Cursor& at, std::string_view key);
  bool ReadOption(json::Cursor& at, std::string_view key);
  void ReadStreamOptions(json::Cursor& at);

  json::Index index_;
  ParsedRequest request_;    // being filled
  bool model_seen_ = false;  // even if null
  PromptReader prompt_;
  std::string key_;  // decoded forms of what came with escapes
  std::string model_;
  std::string user_;
  std::string cache_salt_;
  std::string previous_response_id_;
  std::string_view error_param_;
};

}  // namespace fairway::inference
