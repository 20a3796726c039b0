#include "loadgen/response_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace fairway::loadgen {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool IsLower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, Lower);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void ResponseScanner::Reset() {
  state_ = State::kMore;
  phase_ = Phase::kHead;
  head_.clear();
  endpoint_.clear();
  tail_.Clear();
  status_ = 0;
  keep_alive_ = true;
  event_stream_ = chunked_ = has_length_ = in_extension_ = false;
  left_ = body_bytes_ = trailer_line_ = events_ = 0;
  digits_ = 0;
  line_size_ = 0;
  data_in_event_ = done_seen_ = error_seen_ = false;
}

size_t ResponseScanner::Feed(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && state_ == State::kMore) {
    const std::string_view rest = bytes.substr(at);
    at += phase_ == Phase::kHead ? FeedHead(rest) : FeedBody(rest);
  }
  return at;
}

ResponseScanner::State ResponseScanner::Finish() {
  if (state_ != State::kMore) return state_;
  state_ = phase_ == Phase::kUntilClose ? State::kDone : State::kMalformed;
  return state_;
}

size_t ResponseScanner::FeedHead(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (head_.empty()) {
    if (const size_t end = bytes.find(kEnd); end != std::string_view::npos) {
      ParseHead(bytes.substr(0, end));
      return end + kEnd.size();
    }
  }
  const size_t searched = head_.size() < kEnd.size() ? 0 : head_.size() - (kEnd.size() - 1);
  const size_t before = head_.size();
  head_.append(bytes.substr(0, kMaxHeadBytes - std::min(before, kMaxHeadBytes)));
  const size_t end = head_.find(kEnd, searched);
  if (end == std::string::npos) {
    if (head_.size() >= kMaxHeadBytes) Fail();
    return bytes.size();
  }
  ParseHead(std::string_view(head_).substr(0, end));
  return end + kEnd.size() - before;
}

void ResponseScanner::ParseHead(std::string_view head) {
  // "HTTP/1.1 200 OK"
  if (!head.starts_with("HTTP/1.") || head.size() < 12 ||
      std::from_chars(head.data() + 9, head.data() + 12, status_).ptr != head.data() + 12) {
    return Fail();
  }
  keep_alive_ = head[7] != '0';
  while (true) {
    const size_t eol = head.find('\n');
    if (eol == std::string_view::npos) break;
    head.remove_prefix(eol + 1);
    const std::string_view line = head.substr(0, head.find('\n'));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Fail();
    ParseField(line.substr(0, colon), Trim(line.substr(colon + 1)));
    if (state_ != State::kMore) return;
  }
  if (status_ / 100 == 1) {  // an interim answer: the real one follows
    Reset();
    return;
  }
  if (status_ == 204 || status_ == 304) {
    state_ = State::kDone;
  } else if (chunked_) {
    phase_ = Phase::kChunkSize;
  } else if (has_length_) {
    phase_ = Phase::kLength;
    if (left_ == 0) state_ = State::kDone;
  } else {
    phase_ = Phase::kUntilClose;
    keep_alive_ = false;
  }
}

void ResponseScanner::ParseField(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 10:
      if (IsLower(name, "connection") && IsLower(value, "close")) keep_alive_ = false;
      break;
    case 12:
      if (IsLower(name, "content-type")) {
        event_stream_ = IsLower(value.substr(0, 17), "text/event-stream");
      }
      break;
    case 14:
      if (IsLower(name, "content-length")) {
        const auto [end, error] = std::from_chars(value.begin(), value.end(), left_);
        if (error != std::errc() || end != value.end()) return Fail();
        has_length_ = true;
      }
      break;
    case 17:
      if (IsLower(name, "transfer-encoding")) {
        if (!IsLower(value, "chunked")) return Fail();
        chunked_ = true;
      }
      break;
    default:
      break;
  }
  if (!endpoint_field_.empty() && IsLower(name, endpoint_field_)) endpoint_ = value;
}

size_t ResponseScanner::FeedBody(std::string_view bytes) {
  switch (phase_) {
    case Phase::kLength: {
      const size_t taken = FeedPayload(bytes, Phase::kLength);
      if (left_ == 0) state_ = State::kDone;
      return taken;
    }
    case Phase::kUntilClose:
      TakeBody(bytes);
      return bytes.size();
    case Phase::kChunkSize:
      return FeedChunkSize(bytes);
    case Phase::kChunk:
      return FeedPayload(bytes, Phase::kChunkEnd);
    case Phase::kChunkEnd: {
      if (bytes.front() == '\n') {
        phase_ = Phase::kChunkSize;
      } else if (bytes.front() != '\r') {
        Fail();
      }
      return 1;
    }
    case Phase::kTrailers:
      return FeedTrailers(bytes);
    case Phase::kHead:
      break;
  }
  return 0;
}

size_t ResponseScanner::FeedPayload(std::string_view bytes, Phase next) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  TakeBody(bytes.substr(0, taken));
  left_ -= taken;
  if (left_ == 0) phase_ = next;
  return taken;
}

void ResponseScanner::TakeBody(std::string_view payload) {
  body_bytes_ += payload.size();
  tail_.Feed(payload);
  if (event_stream_) ScanEvents(payload);
}

size_t ResponseScanner::FeedChunkSize(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\n') {
      if (digits_ == 0) Fail();
      phase_ = left_ == 0 ? Phase::kTrailers : Phase::kChunk;
      digits_ = 0;
      in_extension_ = false;
      return i + 1;
    }
    if (in_extension_ || c == '\r') continue;
    const int digit = HexDigit(c);
    if (digit >= 0 && digits_ < 15) {
      left_ = left_ * 16 + static_cast<uint64_t>(digit);
      ++digits_;
    } else if (c == ';' && digits_ > 0) {
      in_extension_ = true;
    } else {
      Fail();
      return i;
    }
  }
  return bytes.size();
}

size_t ResponseScanner::FeedTrailers(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r') continue;
    if (bytes[i] != '\n') {
      ++trailer_line_;
    } else if (trailer_line_ == 0) {
      state_ = State::kDone;
      return i + 1;
    } else {
      trailer_line_ = 0;
    }
  }
  return bytes.size();
}

void ResponseScanner::ScanEvents(std::string_view payload) {
  while (!payload.empty()) {
    const size_t eol = payload.find('\n');
    const std::string_view part = payload.substr(0, eol);
    const size_t kept = std::min(part.size(), sizeof line_ - line_size_);
    if (kept > 0) std::memcpy(line_ + line_size_, part.data(), kept);
    line_size_ += kept;
    if (eol == std::string_view::npos) return;
    EndLine();
    payload.remove_prefix(eol + 1);
  }
}

void ResponseScanner::EndLine() {
  const std::string_view line = Trim({line_, line_size_});
  line_size_ = 0;
  if (line.empty()) {
    if (data_in_event_) ++events_;
    data_in_event_ = false;
  } else if (line == "data: [DONE]" || line == "data:[DONE]") {
    done_seen_ = true;
  } else if (line.starts_with("data:")) {
    data_in_event_ = true;
    if (Trim(line.substr(5)).starts_with("{\"error\"")) error_seen_ = true;
  }
}

}  // namespace fairway::loadgen
