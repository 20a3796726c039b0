#include "http/h2/client_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

H2TransportOptions TransportOptions(const PoolOptions& options) {
  return {
      .session = {.role = H2Role::kClient, .limits = options.h2, .head_bytes = options.head.bytes},
      .write_timeout = options.write_timeout};
}

}  // namespace

H2ClientConnection::H2ClientConnection(PoolShared& shared, net::Address address,
                                       std::unique_ptr<net::Stream> stream,
                                       H2ClientConnectionOwner& owner)
    : shared_(shared),
      owner_(owner),
      address_(std::move(address)),
      transport_(std::move(stream), shared.loop, shared.buffers, TransportOptions(shared.options),
                 *this),
      connect_deadline_(shared.loop, [this] { EndConnecting(); }),
      idle_deadline_(shared.loop, [this] { EndIdle(); }) {
  connect_deadline_.Set(shared.options.connect_timeout);
  transport_.Start({});
}

size_t H2ClientConnection::room() const {
  return std::min<size_t>(shared_.options.h2_streams, transport_.session().peer_max_streams());
}

H2ClientStream& H2ClientConnection::Take() {
  if (unused_.empty()) {
    H2ClientStreamOwner& owner = *this;
    streams_.push_back(std::make_unique<H2ClientStream>(shared_, transport_, owner));
    unused_.push_back(streams_.back().get());
  }
  H2ClientStream& stream = *unused_.back();
  unused_.pop_back();
  idle_deadline_.Clear();
  ++lent_;
  stream.Lend(taken_++ == 0 ? H2ClientStream::Use::kFirst : H2ClientStream::Use::kAgain);
  return stream;
}

void H2ClientConnection::OnReturned(H2ClientStream& stream) {
  unused_.push_back(&stream);
  --lent_;
  if (lent_ > 0) return;
  if (ended_) return owner_.OnDone(*this);
  idle_deadline_.Set(leaving_ ? base::Duration(0) : shared_.options.idle_expiry);
}

void H2ClientConnection::Leave() {
  leaving_ = true;
  if (lent_ == 0) idle_deadline_.Set(base::Duration(0));
}

H2StreamPort& H2ClientConnection::OnOpen(int32_t) {
  CHECK(false);  // the session takes no pushed streams
  return *streams_.front();
}

// The session closes the streams that the server will not process.
void H2ClientConnection::OnGoaway(int32_t, H2Error) { Leave(); }

void H2ClientConnection::OnStalled() {
  transport_.Abort({Code::kTimeout, "the server does not read"});
}

void H2ClientConnection::OnClosing() {
  LoseAll({Code::kUnavailable, "the server broke the rules of HTTP/2"});
}

void H2ClientConnection::OnEnded() {
  ended_ = true;
  const Status& failure = transport_.failure();
  LoseAll(failure.ok() ? Status(Code::kUnavailable, "the server closed") : failure);
  if (lent_ == 0) owner_.OnDone(*this);
}

void H2ClientConnection::EndConnecting() {
  if (!transport_.connected()) transport_.Abort({Code::kTimeout, "connecting took too long"});
}

void H2ClientConnection::EndIdle() {
  if (lent_ > 0 || transport_.closing()) return;
  leaving_ = true;
  ++shared_.counters.expired;
  transport_.session().Terminate(H2Error::kNone);
  transport_.Close();
}

void H2ClientConnection::LoseAll(const Status& reason) {
  for (const auto& stream : streams_) {
    if (stream->lent()) stream->Lose(reason);
  }
}

}  // namespace fairway::http
