#include "gateway/pump.h"

#include <utility>

#include "net/io.h"

namespace fairway::gateway {

using base::Status;

Pump::Pump(rt::Loop& loop, http::BufferPool& buffers, net::Stream& near, net::Stream& far,
           base::Duration quiet)
    : buffers_(buffers),
      from_near_{.from = near, .to = far, .from_failed = End::kNear, .to_failed = End::kFar},
      from_far_{.from = far, .to = near, .from_failed = End::kFar, .to_failed = End::kNear},
      quiet_(quiet),
      deadline_(loop,
                [this] {
                  Break(End::kQuiet, {base::Code::kTimeout, "nothing moved in the time allowed"});
                }),
      gate_(loop) {}

rt::Task<Pump::End> Pump::Run(std::string from_near, std::string from_far) {
  deadline_.Set(quiet_);
  rt::Spawn(Carry(from_near_, std::move(from_near)), gate_);
  rt::Spawn(Carry(from_far_, std::move(from_far)), gate_);
  co_await gate_.Drained();
  deadline_.Clear();
  co_return end_;
}

rt::Task<void> Pump::Carry(Direction& direction, std::string ahead) {
  if (!ahead.empty()) {
    const Status passed = co_await Pass(direction, ahead);
    if (!passed.ok()) co_return;
  }
  for (;;) {
    co_await net::WaitReadable(direction.from);
    const http::Buffer buffer = buffers_.Take(kBufferBytes);
    const net::IoResult got = direction.from.TryRead({buffer.data(), buffer.size()});
    if (got.state == net::IoState::kWouldBlock) continue;
    if (got.state == net::IoState::kEnd) co_return direction.to.ShutdownWrite();
    if (got.state == net::IoState::kFailed)
      co_return Break(direction.from_failed, direction.from.failure());
    const std::string_view bytes(buffer.data(), got.bytes);
    const Status passed = co_await Pass(direction, bytes);
    if (!passed.ok()) co_return;
  }
}

rt::Task<Status> Pump::Pass(Direction& direction, std::string_view bytes) {
  deadline_.Set(quiet_);
  Status sent = co_await net::Write(direction.to, bytes);
  deadline_.Set(quiet_);
  if (sent.ok()) {
    direction.bytes += bytes.size();
  } else {
    Break(direction.to_failed, sent);
  }
  co_return sent;
}

// The first reason stays; both directions wake and end.
void Pump::Break(End why, const Status& status) {
  if (end_ == End::kBoth) end_ = why;
  const Status reason(status.code(), "the tunnel's other side: " + status.message());
  from_near_.from.Abort(reason);
  from_far_.from.Abort(reason);
}

}  // namespace fairway::gateway
