#include "http/h2/transport.h"

#include <array>
#include <chrono>
#include <utility>

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

// For the peer to read the last words and close: closing first would make a RST that overtakes
// them.
constexpr base::Duration kLinger = std::chrono::seconds(1);

}  // namespace

H2Transport::H2Transport(std::unique_ptr<net::Stream> stream, rt::Loop& loop, BufferPool& pool,
                         const H2TransportOptions& options, H2TransportOwner& owner)
    : stream_(std::move(stream)),
      loop_(loop),
      pool_(pool),
      owner_(owner),
      session_(options.session, owner),
      out_(pool),
      write_timeout_(options.write_timeout),
      write_deadline_(loop, [this] { owner_.OnStalled(); }),
      linger_(loop, [this] {
        Abort({Code::kTimeout, "the peer does not close"});
      }) {}

H2Transport::~H2Transport() {
  if (reading_) stream_->ForgetReadable();
  if (waiting_) stream_->ForgetWritable();
}

void H2Transport::Feed(std::string_view bytes) {
  if (bytes.empty()) return;
  const bool fed = session_.Feed(bytes, loop_.Now()).ok();
  owner_.OnFed();
  if (!fed || session_.finished()) {
    Close();
  } else {
    Pump();
  }
}

void H2Transport::Start(std::string_view already) {
  Pump();  // the preface
  Feed(already);
  AwaitBytes();
}

void H2Transport::AwaitBytes() {
  reading_ = true;
  stream_->WaitReadable(readable_job_);
}

// One read a turn: a busy connection does not keep the others waiting.
void H2Transport::OnReadable() {
  reading_ = false;
  const std::span<char> scratch = pool_.Scratch();
  const net::IoResult got = stream_->TryRead(scratch);
  switch (got.state) {
    case net::IoState::kOk:
      if (!closing_) Feed({scratch.data(), got.bytes});
      return AwaitBytes();
    case net::IoState::kWouldBlock:
      return AwaitBytes();
    case net::IoState::kEnd:
    case net::IoState::kFailed:
      return owner_.OnEnded();
  }
}

void H2Transport::Pump() {
  session_.Flush(out_, kOutBytes, loop_.Now());
  if (session_.flooded() && !closing_) {
    session_.Terminate(H2Error::kEnhanceYourCalm);
    return Close();
  }
  if (!waiting_ && !write_job_.queued() && (!out_.empty() || closing_)) loop_.Defer(write_job_);
}

void H2Transport::Close() {
  if (closing_) return;
  SetClosing();
  linger_.Set(write_timeout_);
  Pump();
}

void H2Transport::SetClosing() {
  if (std::exchange(closing_, true)) return;
  owner_.OnClosing();
}

void H2Transport::Abort(Status reason) {
  stream_->Abort(std::move(reason));
  out_.Clear();
}

void H2Transport::OnWritable() {
  waiting_ = false;
  Write();
}

void H2Transport::Write() {
  while (!out_.empty()) {
    const std::array<std::string_view, 1> piece = {out_.bytes()};
    const net::IoResult moved = stream_->TryWrite(piece);
    if (moved.state == net::IoState::kWouldBlock) {
      waiting_ = true;
      if (!write_deadline_.set()) write_deadline_.Set(write_timeout_);
      return stream_->WaitWritable(writable_job_);
    }
    if (moved.state != net::IoState::kOk) return Abort(stream_->failure());
    connected_ = true;
    write_deadline_.Clear();
    out_.Consume(moved.bytes);
    session_.Flush(out_, kOutBytes, loop_.Now());
  }
  EndWriting();
}

void H2Transport::EndWriting() {
  if (session_.finished()) SetClosing();
  if (!closing_ || shut_) return;
  shut_ = true;
  stream_->ShutdownWrite();
  linger_.Set(kLinger);
}

}  // namespace fairway::http
