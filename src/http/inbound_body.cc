// The bodies of Inbound: collected whole, or read away.

#include <algorithm>
#include <chrono>
#include <cstring>

#include "http/inbound.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr size_t kUpFront = 1024 * 1024;  // of a body's memory on its length's word alone
constexpr base::Duration kLinger = std::chrono::seconds(1);

}  // namespace

rt::Task<Result<std::string_view>> Inbound::ReadSome(std::span<char> into) {
  for (;;) {
    const Wake wake = co_await Readable();
    if (wake == Wake::kTimeout) co_return Status(Code::kTimeout, "the request's body stalled");
    const net::IoResult got = stream_.TryRead(into);
    switch (got.state) {
      case net::IoState::kOk:
        co_return std::string_view(into.data(), got.bytes);
      case net::IoState::kEnd:
        gone_ = true;
        co_return Status(Code::kUnavailable, "the client closed in the middle of a body");
      case net::IoState::kFailed:
        gone_ = true;
        co_return stream_.failure();
      case net::IoState::kWouldBlock:
        break;
    }
  }
}

// Room for so many bytes of body and the padding.
void Inbound::GrowBody(size_t bytes) {
  if (bytes + InputBuffer::kPadding <= body_.size()) return;
  Buffer larger = pool_.Take(bytes + InputBuffer::kPadding);
  if (body_bytes_ > 0) std::memcpy(larger.data(), body_.data(), body_bytes_);
  body_ = std::move(larger);
}

void Inbound::AppendBody(std::string_view bytes) {
  const size_t room =
      body_.size() < InputBuffer::kPadding ? 0 : body_.size() - InputBuffer::kPadding;
  if (body_bytes_ + bytes.size() > room) GrowBody(std::max(body_bytes_ + bytes.size(), 2 * room));
  std::memcpy(body_.data() + body_bytes_, bytes.data(), bytes.size());
  body_bytes_ += bytes.size();
}

// Each byte moves the one limit; a trickle does not move the other.
void Inbound::SetBodyDeadline() {
  deadline_.SetAt(
      std::min(loop_.Now() + options_.body_timeout, began_ + options_.whole_body_timeout));
}

rt::Task<Status> Inbound::ReadLength(size_t length) {
  if (body_at_ == 0) {
    GrowBody(std::min(length, kUpFront));
    AppendBody(buffered_body());
  } else {
    const std::string_view came = buffered_body();
    const Buffer adopted = std::exchange(body_, {});
    body_at_ = body_bytes_ = 0;
    GrowBody(std::min(length, kUpFront));
    AppendBody(came);
  }
  message_bytes_ = input_.size();
  while (body_bytes_ < length) {
    const size_t room = body_.size() - InputBuffer::kPadding;
    if (body_bytes_ == room) GrowBody(std::min(length, 2 * room));
    const size_t most = std::min(length, body_.size() - InputBuffer::kPadding);
    SetBodyDeadline();
    const auto got = co_await ReadSome({body_.data() + body_bytes_, most - body_bytes_});
    if (!got.ok()) co_return got.status();
    body_bytes_ += got->size();
  }
  co_return Status();
}

// How many of the bytes belong to the body.
Result<size_t> Inbound::TakeChunked(std::string_view bytes, size_t limit) {
  size_t used = 0;
  while (used < bytes.size() && decoder_.state() == BodyDecoder::State::kMore) {
    const BodyDecoder::Step step = decoder_.Next(bytes.substr(used));
    used += step.consumed;
    if (step.payload.size() > limit - body_bytes_)
      return Status(Code::kExhausted, "the request's body is too large");
    if (!step.payload.empty()) AppendBody(step.payload);
  }
  if (decoder_.state() == BodyDecoder::State::kError)
    return Status(Code::kInvalid, "malformed chunked body");
  return used;
}

rt::Task<Status> Inbound::ReadChunked(size_t limit) {
  const auto first = TakeChunked(buffered_body(), limit);
  if (!first.ok()) co_return first.status();
  message_bytes_ = head_bytes_ + *first;
  while (decoder_.state() == BodyDecoder::State::kMore) {
    SetBodyDeadline();
    const auto got = co_await ReadSome(pool_.Scratch());
    if (!got.ok()) co_return got.status();
    const auto used = TakeChunked(*got, limit);
    if (!used.ok()) co_return used.status();
    ahead_.Append(got->substr(*used));
  }
  GrowBody(body_bytes_);  // an empty body has padding too
  co_return Status();
}

rt::Task<Result<std::string_view>> Inbound::ReadBody(size_t limit) {
  if (content_length_ > limit)
    co_return Status(Code::kExhausted, "the request's body is too large");
  if (message_read_) co_return body_view_;
  body_asked_ = true;
  Status read;
  if (content_length_ > 0) {  // not in a conditional expression: g++ 12 miscompiles co_await there
    read = co_await ReadLength(content_length_);
  } else {
    read = co_await ReadChunked(limit);
  }
  deadline_.Clear();
  if (!read.ok()) co_return read;
  BodyDone({body_.data(), body_bytes_});
  co_return body_view_;
}

void Inbound::ReleaseBody() {
  if (body_.size() > 0) body_view_ = {};
  body_.Release();
  body_at_ = body_bytes_ = 0;
}

bool Inbound::CanDiscard() const {
  if (message_read_) return true;
  if (body_asked_ || gone_) return false;
  return content_length_ <= buffered_body().size() + options_.discarded_bytes;
}

rt::Task<bool> Inbound::Discard() {
  if (message_read_) co_return true;
  if (!CanDiscard()) co_return false;
  const size_t fed = decoder_.Feed(buffered_body());
  message_bytes_ = head_bytes_ + (body_at_ == 0 ? fed : 0);
  size_t dropped = 0;
  while (decoder_.state() == BodyDecoder::State::kMore) {
    if (dropped > options_.discarded_bytes) co_return false;
    SetBodyDeadline();
    const auto got = co_await ReadSome(pool_.Scratch());
    deadline_.Clear();
    if (!got.ok()) co_return false;
    dropped += got->size();
    ahead_.Append(got->substr(decoder_.Feed(*got)));
  }
  message_read_ = decoder_.state() == BodyDecoder::State::kEnd;
  co_return message_read_;
}

rt::Task<void> Inbound::Linger() {
  if (gone_) co_return;
  deadline_.Set(kLinger);
  size_t dropped = 0;
  while (dropped < options_.discarded_bytes) {
    const auto got = co_await ReadSome(pool_.Scratch());
    if (!got.ok()) break;
    dropped += got->size();
  }
  deadline_.Clear();
}

}  // namespace fairway::http
