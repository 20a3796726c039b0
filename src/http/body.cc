#include "http/body.h"

#include <algorithm>

#include "base/check.h"
#include "http/scan.h"

namespace fairway::http {
namespace {

// -1 if it is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, uint64_t content_length)
    : length_(content_length), framing_(framing) {
  const bool empty =
      framing == Framing::kNone || (framing == Framing::kLength && content_length == 0);
  state_ = empty ? State::kEnd : State::kMore;
  if (framing == Framing::kChunked) phase_ = Phase::kSizeFirst;
}

BodyDecoder::Step BodyDecoder::Next(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && phase_ != Phase::kPayload && state_ == State::kMore)
    StepByte(bytes[at++]);
  if (at == bytes.size() || state_ != State::kMore) return {.consumed = at, .payload = {}};

  std::string_view payload = bytes.substr(at);
  if (framing_ != Framing::kUntilClose) {
    if (payload.size() > length_) payload = payload.substr(0, length_);
    length_ -= payload.size();
    if (length_ == 0) {
      if (framing_ == Framing::kLength) state_ = State::kEnd;
      phase_ = framing_ == Framing::kLength ? Phase::kPayload : Phase::kPayloadCr;
    }
  }
  return {.consumed = at + payload.size(), .payload = payload};
}

void BodyDecoder::Expect(bool holds, Phase next) {
  if (holds) {
    phase_ = next;
  } else {
    state_ = State::kError;
  }
}

// The size line has ended: payload, or the trailers behind the last chunk.
void BodyDecoder::StartPayload() {
  line_bytes_ = 0;
  phase_ = length_ == 0 ? Phase::kTrailerStart : Phase::kPayload;
}

void BodyDecoder::StepSize(char c) {
  if (const int digit = HexDigit(c); digit >= 0) {
    // The top four bits are the next digit's; sixteen digits are enough for anybody.
    if ((length_ >> 59) != 0 || line_bytes_ > 16) {
      state_ = State::kError;
      return;
    }
    length_ = length_ * 16 + static_cast<uint64_t>(digit);
    phase_ = Phase::kSize;
  } else if (phase_ == Phase::kSizeFirst) {
    state_ = State::kError;
  } else if (c == '\r') {
    phase_ = Phase::kSizeLf;
  } else if (c == ';') {
    phase_ = Phase::kExtension;
  } else {
    Expect(c == ' ' || c == '\t', Phase::kBeforeSemicolon);
  }
}

void BodyDecoder::StepTrailer(char c) {
  if (++line_bytes_ > kMaxTrailerBytes) {
    state_ = State::kError;
  } else if (phase_ == Phase::kTrailerStart) {
    if (c == '\r') {
      phase_ = Phase::kLastLf;
    } else {
      Expect(IsTokenByte(c), Phase::kTrailer);
    }
  } else if (c == '\r') {
    phase_ = Phase::kTrailerLf;
  } else {
    Expect(!IsControl(static_cast<unsigned char>(c)), Phase::kTrailer);
  }
}

void BodyDecoder::StepByte(char c) {
  switch (phase_) {
    case Phase::kSizeFirst:
      length_ = 0;
      [[fallthrough]];
    case Phase::kSize:
      ++line_bytes_;
      return StepSize(c);
    case Phase::kBeforeSemicolon:
    case Phase::kExtension:
      if (++line_bytes_ > kMaxSizeLineBytes) {
        state_ = State::kError;
      } else if (phase_ == Phase::kBeforeSemicolon) {
        if (c != ' ' && c != '\t') Expect(c == ';', Phase::kExtension);
      } else if (c == '\r') {
        phase_ = Phase::kSizeLf;
      } else {
        Expect(!IsControl(static_cast<unsigned char>(c)), Phase::kExtension);
      }
      return;
    case Phase::kSizeLf:
      Expect(c == '\n', Phase::kSizeLf);
      return StartPayload();
    case Phase::kPayloadCr:
      return Expect(c == '\r', Phase::kPayloadLf);
    case Phase::kPayloadLf:
      return Expect(c == '\n', Phase::kSizeFirst);
    case Phase::kTrailerStart:
    case Phase::kTrailer:
      return StepTrailer(c);
    case Phase::kTrailerLf:
      return Expect(c == '\n', Phase::kTrailerStart);
    case Phase::kLastLf:
      state_ = c == '\n' ? State::kEnd : State::kError;
      return;
    case Phase::kPayload:
      break;
  }
  CHECK(false);
}

BodyDecoder::State BodyDecoder::Finish() {
  if (state_ == State::kMore)
    state_ = framing_ == Framing::kUntilClose ? State::kEnd : State::kError;
  return state_;
}

}  // namespace fairway::http
