#pragma once
// ModelMapper: puts the client's own model name back into a server's answer, where a rewrite sent
// the request under another. Works on the JSON itself, not on its text: only the string value of
// `model` at the root, or in the object under `response` or `message` there (Responses API,
// Anthropic), and only if it is the name that the server was asked for. What a model or a tool
// writes into its text is never touched, wherever the answer's bytes are cut into reads.
//
// Fed the payload of one answer in order; what comes out is the same but for those values. Holds
// back at most one candidate name. Bytes that are no JSON go through.

#include <cstdint>
#include <string>
#include <string_view>

#include "inference/model_rewrite.h"

namespace fairway::inference {

class ModelMapper final {
 public:
  enum class Form : unsigned char {
    kJson,         // one value
    kEventStream,  // a value in each `data:` line
  };
  ModelMapper(const ModelRewrite& rewrite, Form form);

  // Appends to `out` what can go on.
  void Feed(std::string_view payload, std::string& out);
  // The answer is over: appends what was held back.
  void Finish(std::string& out);

 private:
  static constexpr size_t kMaxKey = 16;

  enum class State : unsigned char {
    kLineStart,  // event stream: the field name of a line
    kSkipLine,   // event stream: a line that holds no value
    kBetween,    // outside strings
    kString,     // in a string that does not matter, or in a key
    kEscape,     // behind a backslash in it
    kName,       // in a string that may be the name
    kNameEscape,
  };

  void Step(char c, std::string& out);
  void StepLineStart(char c);
  void StepBetween(char c);
  void StepString(char c);
  void StepName(char c, std::string& out);
  void StartString();
  void Open(char bracket);
  void LetGo(std::string& out);
  void EndLine(std::string& out);
  bool in_watched_object() const { return depth_ > 0 && depth_ == watched_; }

  const std::string to_;      // decoded
  const std::string quoted_;  // the client's name, as JSON
  const size_t longest_;      // that the raw form of to_ can be
  const Form form_;
  State state_;
  std::string line_;      // event stream: the field name so far
  std::string key_;       // raw, of the member whose value comes, in watched objects
  std::string name_;      // held back: the opening quote and the raw string behind it
  uint32_t depth_ = 0;    // of open objects and arrays
  uint32_t watched_ = 0;  // the outermost so many of them are objects whose members matter
  bool in_key_ = false;
  bool expect_key_ = false;
};

}  // namespace fairway::inference
