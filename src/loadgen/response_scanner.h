#pragma once
// Reads HTTP/1.1 answers as bytes come, looking only at what a load generator needs: status, where
// the body begins and ends, and in an event stream how many events came and whether it ended as it
// should, and what its usage counts. Written apart from the HTTP code of the program that it
// measures. Nothing is copied but a head or a line that is split between reads. One answer at a
// time: Reset() before the next.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "loadgen/usage_tail.h"

namespace fairway::loadgen {

class ResponseScanner {
 public:
  static constexpr size_t kMaxHeadBytes = 64 * 1024;

  enum class State : unsigned char { kMore, kDone, kMalformed };

  // `endpoint_field` names a response header whose value is kept (lower case; empty: none).
  explicit ResponseScanner(std::string_view endpoint_field = {})
      : endpoint_field_(endpoint_field) {}

  void Reset();
  // Consumes up to the answer's end; returns how many bytes that were. Then look at state().
  size_t Feed(std::string_view bytes);
  // The peer closed: kDone if that ends the answer.
  State Finish();

  State state() const { return state_; }
  int status() const { return status_; }
  bool head_done() const { return phase_ != Phase::kHead; }
  uint64_t body_bytes() const { return body_bytes_; }
  bool keep_alive() const { return keep_alive_; }
  std::string_view endpoint() const { return endpoint_; }
  TokenUsage usage() const { return tail_.Read(); }

  // Of an event stream.
  bool is_event_stream() const { return event_stream_; }
  uint64_t events() const { return events_; }  // with data, [DONE] not counted
  bool done_seen() const { return done_seen_; }
  bool error_seen() const { return error_seen_; }  // an event that begins with {"error"

 private:
  enum class Phase : unsigned char {
    kHead,
    kLength,      // left_ bytes of body
    kUntilClose,  // all the rest is body
    kChunkSize,   // hexadecimal digits up to LF
    kChunk,       // left_ bytes of payload
    kChunkEnd,    // CR LF after it
    kTrailers,    // lines up to an empty one
  };

  size_t FeedHead(std::string_view bytes);
  size_t FeedBody(std::string_view bytes);
  size_t FeedPayload(std::string_view bytes, Phase next);
  size_t FeedChunkSize(std::string_view bytes);
  size_t FeedTrailers(std::string_view bytes);
  void ParseHead(std::string_view head);
  void ParseField(std::string_view name, std::string_view value);
  void TakeBody(std::string_view payload);
  void ScanEvents(std::string_view payload);
  void EndLine();
  void Fail() { state_ = State::kMalformed; }

  std::string endpoint_field_;
  std::string endpoint_;
  std::string head_;  // of a head that came in parts
  State state_ = State::kMore;
  Phase phase_ = Phase::kHead;
  int status_ = 0;
  bool keep_alive_ = true;
  bool event_stream_ = false;
  bool chunked_ = false;
  bool has_length_ = false;
  uint64_t left_ = 0;
  uint64_t body_bytes_ = 0;
  UsageTail tail_;
  uint32_t digits_ = 0;  // of the chunk size so far
  bool in_extension_ = false;
  uint64_t trailer_line_ = 0;  // bytes in the line so far
  // The beginning of the line under way in an event stream.
  char line_[16];
  size_t line_size_ = 0;
  uint64_t events_ = 0;
  bool data_in_event_ = false;
  bool done_seen_ = false;
  bool error_seen_ = false;
};

}  // namespace fairway::loadgen
