#include "inference/model_mapper.h"

#include <algorithm>
#include <utility>

#include "json/text.h"

namespace fairway::inference {
namespace {

// In JSON each UTF-16 unit may be written as \uXXXX: at most six bytes for one of UTF-8.
constexpr size_t kLongestEscape = 6;

std::string Quoted(std::string_view text) {
  std::string quoted;
  json::AppendQuoted(text, quoted);
  return quoted;
}

}  // namespace

ModelMapper::ModelMapper(const ModelRewrite& rewrite, Form form)
    : to_(rewrite.to),
      quoted_(Quoted(rewrite.from)),
      longest_(kLongestEscape * rewrite.to.size()),
      form_(form),
      state_(form == Form::kJson ? State::kBetween : State::kLineStart) {}

void ModelMapper::Feed(std::string_view payload, std::string& out) {
  while (!payload.empty()) {
    // Most bytes of an answer are text that does not matter: those go in runs.
    size_t run = 0;
    if (state_ == State::kString && !in_key_) run = payload.find_first_of("\"\\\r\n");
    if (state_ == State::kSkipLine) run = payload.find_first_of("\r\n");
    if (run > 0) {
      run = std::min(run, payload.size());
      out.append(payload.substr(0, run));
      payload.remove_prefix(run);
      continue;
    }
    Step(payload.front(), out);
    payload.remove_prefix(1);
  }
}

void ModelMapper::Finish(std::string& out) { LetGo(out); }

void ModelMapper::Step(char c, std::string& out) {
  if (form_ == Form::kEventStream && (c == '\n' || c == '\r')) {
    EndLine(out);
    out.push_back(c);
    return;
  }
  if (state_ == State::kName || state_ == State::kNameEscape) return StepName(c, out);
  switch (state_) {
    case State::kLineStart:
      StepLineStart(c);
      break;
    case State::kBetween:
      StepBetween(c);
      if (state_ == State::kName) return;  // its quote is held back
      break;
    case State::kString:
      StepString(c);
      break;
    case State::kEscape:
      if (in_key_) key_.push_back(c);
      state_ = State::kString;
      break;
    default:
      break;
  }
  out.push_back(c);
}

void ModelMapper::StepLineStart(char c) {
  constexpr std::string_view kData = "data";
  if (c != ':') {
    if (line_.size() <= kData.size()) line_.push_back(c);
    return;
  }
  state_ = line_ == kData ? State::kBetween : State::kSkipLine;
}

void ModelMapper::StepBetween(char c) {
  switch (c) {
    case '"':
      return StartString();
    case '{':
    case '[':
      return Open(c);
    case '}':
    case ']':
      if (depth_ > 0) --depth_;
      watched_ = std::min(watched_, depth_);
      expect_key_ = false;
      return;
    case ',':
      expect_key_ = in_watched_object();
      key_.clear();
      return;
    case ':':
      expect_key_ = false;
      return;
    default:
      return;
  }
}

void ModelMapper::StartString() {
  state_ = State::kString;
  if (!in_watched_object()) return;
  if (expect_key_) {
    in_key_ = true;
    key_.clear();
  } else if (json::RawEquals(key_, "model")) {
    name_ = '"';
    state_ = State::kName;
  }
}

void ModelMapper::Open(char bracket) {
  const bool object = bracket == '{';
  const bool watch =
      object && depth_ == watched_ &&
      (depth_ == 0 ||
       (depth_ == 1 && (json::RawEquals(key_, "response") || json::RawEquals(key_, "message"))));
  ++depth_;
  if (watch) watched_ = depth_;
  expect_key_ = watch;
  key_.clear();
}

void ModelMapper::StepString(char c) {
  if (c == '"') {
    in_key_ = false;
    state_ = State::kBetween;
    return;
  }
  if (c == '\\') state_ = State::kEscape;
  // A key longer than any that matters keeps a length that none of those has.
  if (in_key_ && key_.size() < kMaxKey) key_.push_back(c);
}

void ModelMapper::StepName(char c, std::string& out) {
  if (state_ == State::kNameEscape || c != '"') {
    state_ = state_ == State::kName && c == '\\' ? State::kNameEscape : State::kName;
    name_.push_back(c);
    if (name_.size() <= longest_ + 1) return;
    // Longer than the name can be: it is another.
    out.append(std::exchange(name_, {}));
    state_ = state_ == State::kNameEscape ? State::kEscape : State::kString;
    return;
  }
  const std::string_view raw = std::string_view(name_).substr(1);
  if (json::RawEquals(raw, to_)) {
    out.append(quoted_);
  } else {
    out.append(name_).push_back('"');
  }
  name_.clear();
  state_ = State::kBetween;
}

void ModelMapper::LetGo(std::string& out) { out.append(std::exchange(name_, {})); }

void ModelMapper::EndLine(std::string& out) {
  LetGo(out);
  line_.clear();
  key_.clear();
  depth_ = watched_ = 0;
  in_key_ = expect_key_ = false;
  state_ = State::kLineStart;
}

}  // namespace fairway::inference
