#include "loadgen/connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairway::loadgen {

Connection::Connection(net::Network& network, net::Address target, std::string_view endpoint_field,
                       std::span<char> buffer, Owner& owner)
    : network_(network),
      target_(std::move(target)),
      buffer_(buffer),
      owner_(owner),
      scanner_(endpoint_field) {}

void Connection::Send(base::TimePoint due, RequestId id) {
  CHECK(!busy());
  busy_ = true;
  due_ = due;
  id_ = id;
  written_ = 0;
  received_ = false;
  scanner_.Reset();
  if (stream_ == nullptr) Connect();
  Write();
}

void Connection::Connect() {
  stream_ = network_.Connect(target_);
  fresh_ = true;
  established_ = false;
  reading_ = false;
  AwaitReadable();
}

void Connection::Close() {
  stream_.reset();
  readable_.Unlink();
  writable_.Unlink();
  reading_ = false;
}

void Connection::AwaitReadable() {
  if (reading_ || stream_ == nullptr) return;
  reading_ = true;
  stream_->WaitReadable(readable_);
}

// The request's bytes that are still to be written.
std::array<std::string_view, 3> Connection::Unwritten() const {
  std::array<std::string_view, 3> pieces = request_.pieces();
  size_t skip = written_;
  for (std::string_view& piece : pieces) {
    const size_t gone = std::min(skip, piece.size());
    piece.remove_prefix(gone);
    skip -= gone;
  }
  return pieces;
}

bool Connection::WrittenWhole() const { return written_ == request_.size(); }

// A long prompt's text is not kept by an idle connection.
void Connection::EndRequest() {
  constexpr size_t kKeptBytes = 16 * 1024;
  busy_ = false;
  if (request_.body.capacity() > kKeptBytes) std::string().swap(request_.body);
}

void Connection::Write() {
  while (!WrittenWhole()) {
    const net::IoResult moved = stream_->TryWrite(Unwritten());
    if (moved.state == net::IoState::kOk) {
      established_ = true;
      written_ += moved.bytes;
      continue;
    }
    // A failure shows to the reader too, in a step of its own.
    if (moved.state == net::IoState::kWouldBlock) stream_->WaitWritable(writable_);
    return;
  }
}

void Connection::OnReadable() {
  reading_ = false;
  while (stream_ != nullptr) {
    const net::IoResult moved = stream_->TryRead(buffer_);
    if (moved.state == net::IoState::kWouldBlock) break;
    if (moved.state != net::IoState::kOk) {
      OnClosed();
      break;
    }
    Take({buffer_.data(), moved.bytes});
  }
  AwaitReadable();
}

void Connection::Take(std::string_view bytes) {
  if (!busy()) return Close();  // an answer to nothing
  received_ = true;
  const base::TimePoint now = network_.loop().Now();
  const uint64_t body_before = scanner_.body_bytes();
  const uint64_t events_before = scanner_.events();
  const size_t taken = scanner_.Feed(bytes);
  if (body_before == 0 && (scanner_.body_bytes() > 0 || scanner_.head_done())) first_byte_ = now;
  if (const uint64_t events = scanner_.events() - events_before; events > 0) {
    if (events_before > 0) owner_.OnEvents(events, now - last_event_);
    if (events_before == 0 && events > 1) owner_.OnEvents(events - 1, {});
    last_event_ = now;
  }
  if (scanner_.state() == ResponseScanner::State::kMore) return;
  if (scanner_.state() == ResponseScanner::State::kMalformed) return Abandon(Failure::kMalformed);
  if (!scanner_.keep_alive() || taken < bytes.size() || !WrittenWhole()) Close();
  fresh_ = false;
  EndRequest();
  owner_.OnAnswer(*this);
}

void Connection::OnClosed() {
  const bool failed_to_connect = !established_;
  const bool retry = busy() && !fresh_ && !received_;
  const bool complete = busy() && received_ && scanner_.Finish() == ResponseScanner::State::kDone;
  Close();
  if (retry) {
    owner_.OnReconnect();
    written_ = 0;
    Connect();
    Write();
  } else if (complete) {
    EndRequest();
    owner_.OnAnswer(*this);
  } else if (busy()) {
    Abandon(failed_to_connect ? Failure::kConnect : Failure::kCut);
  }
}

void Connection::Abandon(Failure failure) {
  CHECK(busy());
  Close();
  EndRequest();
  owner_.OnFailure(*this, failure);
}

}  // namespace fairway::loadgen
