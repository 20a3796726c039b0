#pragma once
// Finds the end of a message's body, and its payload, in bytes as they come. The same machine
// serves who wants the payload (Feed with a visitor) and who forwards the bytes untouched and only
// needs to know where the message ends. Nothing is copied; payload bytes are not looked at. A small
// value: copy it to decode the same bytes again.
//
// Chunked coding: RFC 9112 section 7.1. Extensions and trailers are read over, within limits.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/head.h"

namespace fairway::http {

class BodyDecoder {
 public:
  enum class State : unsigned char { kMore, kEnd, kError };
  // Of one chunk's size line, and of the whole trailer section.
  static constexpr size_t kMaxSizeLineBytes = 1024;
  static constexpr size_t kMaxTrailerBytes = 16 * 1024;

  BodyDecoder() = default;
  BodyDecoder(Framing framing, uint64_t content_length);

  // kEnd from the start for Framing::kNone and length 0.
  State state() const { return state_; }

  struct Step {
    size_t consumed = 0;
    std::string_view payload;  // inside the consumed bytes; may be empty
  };
  // Consumes framing and at most one run of payload. Consumes nothing only if there is nothing to
  // consume or state() is not kMore.
  Step Next(std::string_view bytes);

  // Consumes up to the end of the bytes or of the message; visit(std::string_view) sees each run of
  // payload. Returns the bytes consumed; then look at state().
  template <class Visit>
  size_t Feed(std::string_view bytes, Visit&& visit) {
    size_t at = 0;
    while (at < bytes.size() && state_ == State::kMore) {
      const Step step = Next(bytes.substr(at));
      if (!step.payload.empty()) visit(step.payload);
      at += step.consumed;
    }
    return at;
  }
  size_t Feed(std::string_view bytes) {
    return Feed(bytes, [](std::string_view) {});
  }

  // Where a forwarder may put bytes of its own: whole chunks at the first, payload at the second.
  bool between_chunks() const {
    return state_ == State::kMore && framing_ == Framing::kChunked && phase_ == Phase::kSizeFirst;
  }
  bool until_close() const { return framing_ == Framing::kUntilClose; }

  // The peer sent FIN: kEnd if that ends the body, kError if it cuts it.
  State Finish();

 private:
  enum class Phase : unsigned char {
    kPayload,          // length_ bytes of payload are left (all of them for kUntilClose)
    kSizeFirst,        // the first digit of a chunk size
    kSize,             // further digits
    kBeforeSemicolon,  // white space that an extension must follow
    kExtension,        // up to CR
    kSizeLf,           // LF of the size line
    kPayloadCr,        // CR after a chunk's payload
    kPayloadLf,        // LF after it
    kTrailerStart,     // first byte of a trailer line, or CR of the empty line
    kTrailer,          // up to CR
    kTrailerLf,        // LF of a trailer line
    kLastLf,           // LF of the empty line: the end
  };
  void StepByte(char c);
  void StepSize(char c);
  void StepTrailer(char c);
  void Expect(bool holds, Phase next);
  void StartPayload();

  uint64_t length_ = 0;
  uint32_t line_bytes_ = 0;  // of the size line or of the trailers so far
  Phase phase_ = Phase::kPayload;
  Framing framing_ = Framing::kNone;
  State state_ = State::kEnd;
};

}  // namespace fairway::http
