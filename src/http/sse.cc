#include "http/sse.h"

#include <cstring>

namespace fairway::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kKeepBytes = 4096;  // of buffer from stream to stream

// Where the line at the front of the bytes ends: at LF or CR; npos if its end has not come.
size_t FindLineEnd(std::string_view bytes) {
  const size_t lf = bytes.find('\n');
  const size_t cr = bytes.substr(0, lf).find('\r');
  return cr != std::string_view::npos ? cr : lf;
}

}  // namespace

bool SseScanner::Next(std::string_view& payload, SseEvent& event) {
  if (emitted_) StartEvent();
  std::string_view line;
  while (TakeLine(payload, line)) {
    const bool blank = line.empty();
    if (!blank) ReadLine(line);
    if (!in_place_) partial_.clear();
    if (blank && Finish(event)) return true;
  }
  Keep();
  return false;
}

bool SseScanner::TakeLine(std::string_view& payload, std::string_view& line) {
  if (after_cr_ && !payload.empty()) {
    after_cr_ = false;
    if (payload.front() == '\n') payload.remove_prefix(1);
  }
  if (!TakeLineBytes(payload, line)) return false;
  if (at_start_) {
    at_start_ = false;
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  }
  return true;
}

// Without its end. What is left of an unfinished line goes to partial_, as far as it is within the
// limit.
bool SseScanner::TakeLineBytes(std::string_view& payload, std::string_view& line) {
  const size_t end = FindLineEnd(payload);
  const std::string_view found = payload.substr(0, end);
  in_place_ = partial_.empty();
  if (partial_.size() + found.size() > limit_) overflow_ = true;
  if (!in_place_ || end == std::string_view::npos) {
    // Of a line that is skipped only this counts: that it is not empty.
    partial_.append(overflow_ ? found.substr(0, partial_.empty() ? 1 : 0) : found);
  }
  if (end == std::string_view::npos) {
    payload = {};
    return false;
  }
  line = in_place_ ? found : std::string_view(partial_);
  const bool cr = payload[end] == '\r';
  payload.remove_prefix(end + 1);
  if (cr && payload.empty()) after_cr_ = true;
  if (cr && payload.starts_with('\n')) payload.remove_prefix(1);
  return true;
}

void SseScanner::ReadLine(std::string_view line) {
  if (overflow_) return;
  const size_t colon = line.find(':');
  if (colon == 0) ++comments_;
  const std::string_view name = line.substr(0, colon);
  if (name != "data" && name != "event") return;
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    AddData(value);
  } else {
    type_.assign(value.substr(0, kMaxTypeBytes));
  }
}

void SseScanner::AddData(std::string_view value) {
  if (!has_data_) {
    has_data_ = true;
    if (in_place_) {
      direct_ = value;
    } else {
      kept_.assign(value);
    }
    return;
  }
  Keep();
  if (kept_.size() + 1 + value.size() > limit_) {
    overflow_ = true;
    return;
  }
  kept_.push_back('\n');
  kept_.append(value);
}

// The caller's bytes are about to go: copies what the event needs of them.
void SseScanner::Keep() {
  if (direct_.data() == nullptr) return;
  kept_.assign(direct_);
  direct_ = {};
}

bool SseScanner::Finish(SseEvent& event) {
  if (overflow_ || !has_data_) {
    if (overflow_) ++skipped_;
    StartEvent();
    return false;
  }
  event.data = direct_.data() != nullptr ? direct_ : std::string_view(kept_);
  event.type = type_;
  emitted_ = true;
  return true;
}

void SseScanner::StartEvent() {
  direct_ = {};
  kept_.clear();
  type_.clear();
  has_data_ = false;
  overflow_ = false;
  emitted_ = false;
}

void SseScanner::Reset() {
  StartEvent();
  comments_ = 0;
  partial_.clear();
  if (partial_.capacity() > kKeepBytes) partial_.shrink_to_fit();
  if (kept_.capacity() > kKeepBytes) kept_.shrink_to_fit();
  at_start_ = true;
  after_cr_ = false;
}

}  // namespace fairway::http
