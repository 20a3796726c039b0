#include "net/sim_stream.h"

#include <utility>

#include "base/check.h"

namespace fairway::net {

using base::Code;

SimStream::SimStream(std::shared_ptr<SimConnection> connection, SimConnection::Side side,
                     Stage stage, std::string peer)
    : connection_(std::move(connection)),
      loop_(connection_->loop()),
      side_(side),
      connecting_(stage == Stage::kConnecting),
      peer_(std::move(peer)) {
  connection_->Attach(side_, *this);
}

SimStream::~SimStream() {
  if (failure_.ok() && !reset_) {
    connection_->Detach(side_);
  } else {
    connection_->Forget(side_);
  }
}

IoResult SimStream::TryRead(std::span<char> into) {
  CHECK(!into.empty());
  if (!failure_.ok()) return {IoState::kFailed, 0};
  if (connecting_) return {IoState::kWouldBlock, 0};
  const size_t count = connection_->Receive(side_, into);
  if (count > 0) return {IoState::kOk, count};
  if (reset_) {
    FailReset();
    return {IoState::kFailed, 0};
  }
  return {connection_->EndArrived(side_) ? IoState::kEnd : IoState::kWouldBlock, 0};
}

IoResult SimStream::TryWrite(std::span<const std::string_view> pieces) {
  CHECK(!pieces.empty());
  if (failure_.ok() && write_ended_) Fail({Code::kUnavailable, "writing after the end"});
  if (failure_.ok() && reset_) FailReset();
  if (!failure_.ok()) return {IoState::kFailed, 0};
  if (connecting_ || !connection_->HasRoom(side_)) return {IoState::kWouldBlock, 0};
  return {IoState::kOk, connection_->Send(side_, pieces)};
}

bool SimStream::Readable() const {
  if (!failure_.ok() || reset_) return true;
  return !connecting_ && (connection_->HasArrived(side_) || connection_->EndArrived(side_));
}

bool SimStream::Writable() const {
  return !failure_.ok() || reset_ || (!connecting_ && connection_->HasRoom(side_));
}

void SimStream::WaitReadable(rt::Job& waiter) {
  reader_.Set(waiter);
  if (Readable()) reader_.WakeNextTurn(loop_);
}

void SimStream::WaitWritable(rt::Job& waiter) {
  writer_.Set(waiter);
  if (Writable()) writer_.WakeNextTurn(loop_);
}

void SimStream::ShutdownWrite() {
  if (!failure_.ok() || std::exchange(write_ended_, true)) return;
  if (!connecting_) connection_->SendFin(side_);
}

void SimStream::Abort(base::Status reason) {
  CHECK(!reason.ok());
  if (!failure_.ok()) return;
  connection_->SendReset(side_);
  Fail(std::move(reason));
}

void SimStream::OnConnected() {
  if (!failure_.ok()) return;
  connecting_ = false;
  if (write_ended_) connection_->SendFin(side_);
  writer_.Wake(loop_);
  if (Readable()) reader_.Wake(loop_);
}

void SimStream::OnRefused() {
  if (failure_.ok()) Fail({Code::kUnavailable, "connecting to " + peer_ + ": connection refused"});
}

void SimStream::OnReset() {
  if (!failure_.ok()) return;
  if (!connecting_ && connection_->HasArrived(side_)) {
    reset_ = true;
    reader_.Wake(loop_);
    writer_.Wake(loop_);
  } else {
    FailReset();
  }
}

void SimStream::FailReset() { Fail({Code::kUnavailable, peer_ + ": connection reset by peer"}); }

void SimStream::Fail(base::Status reason) {
  failure_ = std::move(reason);
  connection_->Forget(side_);
  reader_.Wake(loop_);
  writer_.Wake(loop_);
}

}  // namespace fairway::net
