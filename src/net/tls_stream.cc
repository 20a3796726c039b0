#include "net/tls_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace fairway::net {
namespace {

using crypto::TlsSession;

constexpr size_t kMaxPieces = 16;

// Cuts pieces into records: a piece that fills one goes as it lies, smaller ones are gathered, so
// that a head and its body are one record and one send.
class RecordCutter {
 public:
  explicit RecordCutter(std::span<const std::string_view> pieces)
      : pieces_(pieces.first(std::min(pieces.size(), kMaxPieces))) {}

  // Empty when nothing is left; good until the next call.
  std::string_view Next() {
    SkipEmpty();
    if (pieces_.empty()) return {};
    const std::string_view first = pieces_.front().substr(offset_);
    if (first.size() >= gathered_.size() || pieces_.size() == 1) return Take(first);
    size_t bytes = 0;
    while (!pieces_.empty() && bytes < gathered_.size()) {
      const std::string_view taken =
          Take(pieces_.front().substr(offset_, gathered_.size() - bytes));
      std::memcpy(gathered_.data() + bytes, taken.data(), taken.size());
      bytes += taken.size();
      SkipEmpty();
    }
    return {gathered_.data(), bytes};
  }

 private:
  void SkipEmpty() {
    while (!pieces_.empty() && offset_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }
  std::string_view Take(std::string_view from) {
    const std::string_view taken = from.substr(0, TlsSession::kMaxRecordBytes);
    offset_ += taken.size();
    return taken;
  }

  std::span<const std::string_view> pieces_;
  size_t offset_ = 0;  // into the first piece
  std::array<char, TlsSession::kMaxRecordBytes> gathered_;
};

}  // namespace

std::unique_ptr<TlsStream> TlsStream::Accept(TlsShared& shared, std::unique_ptr<Stream> lower,
                                             const crypto::TlsServerContext& context) {
  std::unique_ptr<TlsStream> stream(new TlsStream(shared, std::move(lower), Stage::kHandshake));
  stream->session_.emplace(TlsSession::Server(context, *stream));
  stream->Start();
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::Connect(TlsShared& shared, std::unique_ptr<Stream> lower,
                                              const crypto::TlsClientContext& context,
                                              const std::string& name) {
  std::unique_ptr<TlsStream> stream(new TlsStream(shared, std::move(lower), Stage::kConnecting));
  auto session = TlsSession::Client(context, name, *stream);
  if (session.ok()) {
    stream->session_.emplace(*std::move(session));
    stream->Start();
  } else {
    stream->Abort(session.status());
  }
  return stream;
}

TlsStream::TlsStream(TlsShared& shared, std::unique_ptr<Stream> lower, Stage stage)
    : shared_(shared), lower_(std::move(lower)), stage_(stage), limit_([this] {
        Fail({base::Code::kTimeout, "the TLS handshake took too long"});
      }) {}

void TlsStream::Start() {
  shared_.loop.Start(limit_, shared_.handshake_timeout);
  if (stage_ == Stage::kConnecting) {
    ArmWrite();
  } else {
    ArmRead();  // the client speaks first
  }
}

TlsStream::~TlsStream() {
  if (stage_ != Stage::kOpen) return;
  if (!write_ended_ && session_->Shutdown() != TlsSession::State::kOk) return;
  if (pending_.empty()) return;
  lower_->ForgetReadable();
  lower_->ForgetWritable();
  pending_.erase(0, pending_sent_);
  shared_.linger.Adopt(std::move(lower_), std::move(pending_));
}

IoResult TlsStream::TryRead(std::span<char> into) {
  CHECK(!into.empty());
  if (stage_ == Stage::kFailed) return {IoState::kFailed, 0};
  if (stage_ != Stage::kOpen) return {IoState::kWouldBlock, 0};
  const TlsSession::Moved moved = session_->Read(into);
  switch (moved.state) {
    case TlsSession::State::kOk:
      return {IoState::kOk, moved.bytes};
    case TlsSession::State::kWantRead:
      return {IoState::kWouldBlock, 0};
    case TlsSession::State::kEnd:
      read_ended_ = true;
      return {IoState::kEnd, 0};
    case TlsSession::State::kFailed:
      break;
  }
  FailBySession();
  return {IoState::kFailed, 0};
}

IoResult TlsStream::TryWrite(std::span<const std::string_view> pieces) {
  CHECK(!pieces.empty());
  if (stage_ == Stage::kFailed) return {IoState::kFailed, 0};
  if (stage_ != Stage::kOpen || !pending_.empty()) return {IoState::kWouldBlock, 0};
  if (write_ended_) {
    Fail({base::Code::kUnavailable, "written after the end of the stream"});
    return {IoState::kFailed, 0};
  }
  RecordCutter records(pieces);
  size_t total = 0;
  while (pending_.empty()) {
    const std::string_view record = records.Next();
    if (record.empty()) break;
    if (session_->Write(record) != TlsSession::State::kOk) {
      FailBySession();
      // What went before is told first, the failure by the next call.
      return total > 0 ? IoResult{IoState::kOk, total} : IoResult{IoState::kFailed, 0};
    }
    total += record.size();
  }
  return {IoState::kOk, total};
}

void TlsStream::WaitReadable(rt::Job& waiter) {
  reader_.Set(waiter);
  if (stage_ == Stage::kFailed || read_ended_) return reader_.WakeNextTurn(shared_.loop);
  if (stage_ != Stage::kOpen) return;
  if (session_->HasBuffered()) return CheckReadable(Soon::kNextTurn);
  ArmRead();
}

void TlsStream::WaitWritable(rt::Job& waiter) {
  writer_.Set(waiter);
  const bool ready = stage_ == Stage::kOpen && pending_.empty();
  if (stage_ == Stage::kFailed || ready) writer_.WakeNextTurn(shared_.loop);
}

void TlsStream::ForgetReadable() {
  reader_.Forget();
  if (stage_ != Stage::kOpen || !std::exchange(read_armed_, false)) return;
  lower_->ForgetReadable();
  read_job_.Unlink();
}

void TlsStream::ShutdownWrite() {
  if (stage_ == Stage::kFailed || std::exchange(write_ended_, true)) return;
  if (stage_ == Stage::kOpen) EndWriting();
}

void TlsStream::Abort(base::Status reason) {
  CHECK(!reason.ok());
  if (stage_ == Stage::kFailed) return;
  lower_->Abort(reason);
  Fail(std::move(reason));
}

std::string_view TlsStream::alpn() const {
  return stage_ == Stage::kOpen ? session_->alpn() : std::string_view();
}

crypto::RecordTransport::Received TlsStream::Receive(std::span<char> into) {
  const IoResult got = lower_->TryRead(into);
  switch (got.state) {
    case IoState::kOk:
      return {State::kOk, got.bytes};
    case IoState::kWouldBlock:
      return {State::kWouldBlock, 0};
    case IoState::kEnd:
      return {State::kEnd, 0};
    case IoState::kFailed:
      break;
  }
  return {State::kFailed, 0};
}

bool TlsStream::Send(std::string_view records) {
  while (!records.empty() && pending_.empty()) {
    const IoResult moved = lower_->TryWrite({&records, 1});
    if (moved.state == IoState::kWouldBlock) break;
    if (moved.state != IoState::kOk) return false;
    records.remove_prefix(moved.bytes);
  }
  if (!records.empty()) {
    pending_.append(records);
    ArmWrite();
  }
  return true;
}

void TlsStream::OnLowerReadable() {
  read_armed_ = false;
  if (stage_ == Stage::kHandshake) return Handshake();
  if (stage_ == Stage::kOpen && reader_.waiting()) CheckReadable(Soon::kThisTurn);
}

void TlsStream::OnLowerWritable() {
  write_armed_ = false;
  if (stage_ == Stage::kFailed) return;
  if (stage_ == Stage::kConnecting) {
    if (!lower_->failure().ok()) return Fail(lower_->failure());
    stage_ = Stage::kHandshake;
    return Handshake();
  }
  if (!FlushPending()) return Fail(lower_->failure());
  if (!pending_.empty()) return ArmWrite();
  if (stage_ != Stage::kOpen) return;
  if (write_ended_) lower_->ShutdownWrite();
  writer_.Wake(shared_.loop);
}

void TlsStream::ArmRead() {
  if (!std::exchange(read_armed_, true)) lower_->WaitReadable(read_job_);
}

void TlsStream::ArmWrite() {
  if (!std::exchange(write_armed_, true)) lower_->WaitWritable(write_job_);
}

void TlsStream::Handshake() {
  switch (session_->Handshake()) {
    case TlsSession::State::kOk:
      return Opened();
    case TlsSession::State::kWantRead:
      return ArmRead();
    case TlsSession::State::kEnd:
    case TlsSession::State::kFailed:
      return FailBySession();
  }
}

void TlsStream::Opened() {
  stage_ = Stage::kOpen;
  limit_.Stop();
  if (write_ended_) EndWriting();
  // The peer's first bytes may have come along with its last of the handshake.
  if (reader_.waiting()) CheckReadable(Soon::kThisTurn);
  if (pending_.empty()) writer_.Wake(shared_.loop);
}

void TlsStream::CheckReadable(Soon soon) {
  switch (session_->Peek()) {
    case TlsSession::State::kWantRead:
      return ArmRead();
    case TlsSession::State::kFailed:
      return FailBySession();
    case TlsSession::State::kOk:
    case TlsSession::State::kEnd:
      break;
  }
  if (soon == Soon::kThisTurn) {
    reader_.Wake(shared_.loop);
  } else {
    reader_.WakeNextTurn(shared_.loop);
  }
}

// False if the lower stream has failed.
bool TlsStream::FlushPending() {
  while (pending_sent_ < pending_.size()) {
    const std::string_view left = std::string_view(pending_).substr(pending_sent_);
    const IoResult moved = lower_->TryWrite({&left, 1});
    if (moved.state == IoState::kWouldBlock) return true;
    if (moved.state != IoState::kOk) return false;
    pending_sent_ += moved.bytes;
  }
  pending_ = {};
  pending_sent_ = 0;
  return true;
}

void TlsStream::EndWriting() {
  if (session_->Shutdown() == TlsSession::State::kFailed) return FailBySession();
  if (pending_.empty()) lower_->ShutdownWrite();
}

// The lower stream stays open for the alert that the session may have sent, until its owner drops
// this one.
void TlsStream::Fail(base::Status reason) {
  if (std::exchange(stage_, Stage::kFailed) == Stage::kFailed) return;
  failure_ = std::move(reason);
  limit_.Stop();
  lower_->ShutdownWrite();
  reader_.Wake(shared_.loop);
  writer_.Wake(shared_.loop);
}

void TlsStream::FailBySession() {
  Fail(lower_->failure().ok() ? session_->failure() : lower_->failure());
}

}  // namespace fairway::net
