#include "http/pooled_connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "rt/inline_budget.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr int kMaxInterimHeads = 16;

}  // namespace

PooledConnection::PooledConnection(PoolOwner& owner, PoolShared& shared, PoolHost& host,
                                   std::unique_ptr<net::Stream> stream)
    : owner_(owner),
      shared_(shared),
      host_(host),
      stream_(std::move(stream)),
      deadline_(shared.loop, [this] { OnDeadline(); }),
      generation_(host.generation) {}

void PooledConnection::OnDeadline() {
  if (phase_ == Phase::kSending && connected_) {
    // As long as the server takes bytes the time begins anew.
    const size_t left = LeftToWrite();
    if (left < left_to_write_) {
      left_to_write_ = left;
      return deadline_.Set(shared_.options.write_timeout);
    }
  }
  Abort(Status(Code::kTimeout, connected_ ? "the server is silent" : "connecting took too long"));
}

bool PooledConnection::reusable() const {
  return phase_ == Phase::kEnd && head_.keep_alive && begin_ == end_ && !aborted_ &&
         generation_ == host_.generation;
}

void PooledConnection::StartLease() {
  ++leases_;
  phase_ = Phase::kFresh;
  bytes_received_ = 0;
  interim_heads_ = 0;
  wait_limit_ = {};
  filled_ = false;
}

void PooledConnection::StartIdle() {
  block_.Release();
  begin_ = end_ = 0;
  head_.fields.Shrink();
  deadline_.Clear();
  idle_since_ = shared_.loop.Now();
  stream_->WaitReadable(idle_job_);
}

void PooledConnection::EndIdle() {
  stream_->ForgetReadable();
  idle_job_.Unlink();
}

void PooledConnection::Close() {
  if (phase_ != Phase::kEnd && phase_ != Phase::kFresh && phase_ != Phase::kUpgraded)
    Abort(Status(Code::kCancelled, "the answer is no longer wanted"));
}

void PooledConnection::Abort(Status reason) {
  aborted_ = true;
  stream_->Abort(std::move(reason));
}

void PooledConnection::LimitWait(base::Duration limit) { wait_limit_ = limit; }

void PooledConnection::StartWait() {
  if (wait_limit_ > base::Duration::zero()) {
    deadline_.Set(wait_limit_);
  } else {
    deadline_.Clear();
  }
}

rt::Task<Status> PooledConnection::Connect() {
  deadline_.Set(shared_.options.connect_timeout);
  Status up = co_await net::Connected(*stream_);
  deadline_.Clear();
  connected_ = up.ok();
  co_return up;
}

rt::Task<Status> PooledConnection::Send(std::span<const std::string_view> pieces, ResponseTo to) {
  CHECK(phase_ == Phase::kFresh && pieces.size() <= kMaxPieces);
  std::ranges::copy(pieces, pieces_.begin());
  piece_count_ = pieces.size();
  left_to_write_ = LeftToWrite();
  to_ = to;
  phase_ = Phase::kSending;
  if (!connected_) {
    Status up = co_await Connect();
    if (!up.ok()) co_return up;
  }
  deadline_.Set(shared_.options.write_timeout);
  Status sent = co_await net::WriteAll(*stream_, {pieces_.data(), piece_count_});
  deadline_.Clear();
  if (sent.ok()) phase_ = Phase::kHead;
  co_return sent;
}

// Room for at least one more byte behind end_.
void PooledConnection::MakeRoom() {
  const size_t usual = shared_.options.read_bytes;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    const size_t want = filled_ ? 4 * usual : usual;
    if (block_.size() < want) block_ = shared_.buffers.Take(want);
    return;
  }
  if (end_ < block_.size()) return;
  // Only a head is kept over reads, and its parser has the limit.
  Buffer larger = shared_.buffers.Take(std::max(2 * (end_ - begin_), usual));
  std::memcpy(larger.data(), block_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  block_ = std::move(larger);
}

net::IoResult PooledConnection::TryRead() {
  MakeRoom();
  const size_t room = block_.size() - end_;
  const net::IoResult got = stream_->TryRead({block_.data() + end_, room});
  filled_ = got.state == net::IoState::kOk && got.bytes == room;
  return got;
}

// Waits for bytes of the answer; 0 at FIN.
rt::Task<Result<size_t>> PooledConnection::Read() {
  net::IoResult got{net::IoState::kWouldBlock, 0};
  if (rt::TakeInlineBudget()) got = TryRead();
  while (got.state == net::IoState::kWouldBlock) {
    if (begin_ == end_) block_.Release();
    StartWait();
    co_await net::WaitReadable(*stream_);
    deadline_.Clear();
    got = TryRead();
  }
  if (got.state == net::IoState::kFailed) co_return stream_->failure();
  end_ += got.bytes;
  bytes_received_ += got.bytes;
  co_return got.bytes;
}

// Parses what is there. Ok and still Phase::kHead: more is needed.
Status PooledConnection::TakeHead() {
  while (phase_ == Phase::kHead && begin_ != end_) {
    const ParseResult result =
        ParseResponseHead(unread(), shared_.options.head, progress_, to_, head_);
    if (result.state == ParseState::kNeedMore) return Status();
    if (result.state == ParseState::kError)
      return Status(Code::kInvalid, std::string(result.message));
    begin_ += result.consumed;
    progress_ = {};
    if (head_.status == 101 && to_ == ResponseTo::kUpgrade) {
      phase_ = Phase::kUpgraded;
      return Status();
    }
    if (head_.status < 200) {
      if (head_.status == 101 || ++interim_heads_ > kMaxInterimHeads)
        return Status(Code::kInvalid, "unexpected interim answer");
      continue;
    }
    decoder_ = BodyDecoder(head_.framing, head_.content_length);
    phase_ = decoder_.state() == BodyDecoder::State::kEnd ? Phase::kEnd : Phase::kBody;
  }
  return Status();
}

rt::Task<Result<const ResponseHead*>> PooledConnection::ReadHead() {
  CHECK(phase_ == Phase::kHead || aborted_);
  progress_ = {};
  while (phase_ == Phase::kHead) {
    const Result<size_t> got = co_await Read();
    if (!got.ok()) co_return got.status();
    if (*got == 0) {
      aborted_ = true;
      co_return Status(Code::kUnavailable, "the server closed before its answer");
    }
    Status taken = TakeHead();
    if (!taken.ok()) {
      Abort(taken);
      co_return taken;
    }
  }
  if (aborted_) co_return stream_->failure();
  co_return &head_;
}

net::RawStream PooledConnection::TakeOver() {
  CHECK(phase_ == Phase::kUpgraded);
  std::string ahead(unread());
  block_.Release();
  begin_ = end_ = 0;
  return {.stream = *stream_, .ahead = std::move(ahead)};
}

BodyPart PooledConnection::TakeBody() {
  BodyPart part;
  part.before = decoder_;
  const size_t used = decoder_.Feed(unread());
  part.raw = unread().substr(0, used);
  begin_ += used;
  part.after = decoder_;
  part.end = decoder_.state() == BodyDecoder::State::kEnd;
  if (part.end) phase_ = Phase::kEnd;
  return part;
}

rt::Task<Result<BodyPart>> PooledConnection::ReadBody() {
  CHECK(phase_ == Phase::kBody || phase_ == Phase::kEnd || aborted_);
  if (aborted_) co_return stream_->failure();
  if (phase_ == Phase::kEnd) co_return BodyPart{.raw = {}, .end = true, .before = {}, .after = {}};
  if (begin_ == end_) {
    const Result<size_t> got = co_await Read();
    if (!got.ok()) co_return got.status();
    if (*got == 0) {
      const bool whole = decoder_.Finish() == BodyDecoder::State::kEnd;
      if (!whole) {
        aborted_ = true;
        co_return Status(Code::kUnavailable, "the server closed in the middle of its answer");
      }
      phase_ = Phase::kEnd;
      co_return BodyPart{.raw = {}, .end = true, .before = decoder_, .after = decoder_};
    }
  }
  const BodyPart part = TakeBody();
  if (decoder_.state() == BodyDecoder::State::kError) {
    Status bad(Code::kInvalid, "malformed chunked body");
    Abort(bad);
    co_return bad;
  }
  co_return part;
}

}  // namespace fairway::http
