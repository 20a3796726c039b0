#pragma once
// A byte stream between two peers, as everything above the wire sees it: TCP, TLS over
// another stream, or a virtual one in a simulation. Non-blocking moves plus one-shot readiness;
// net/io.h has the awaiters.
//
// A Stream lives on the Loop that made it and is owned by one connection. At most one Waiter a
// direction, which must outlive the wait or be forgotten.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "rt/loop.h"

namespace fairway::net {

// What one move did. Bytes moved and a state other than kOk never come together: the state comes
// with the next call.
enum class IoState : unsigned char {
  kOk,          // bytes > 0 moved
  kWouldBlock,  // nothing to move now: wait
  kEnd,         // reads only: the peer sent FIN
  kFailed,      // reset, timed out, refused, aborted: see Stream::failure()
};

struct IoResult {
  IoState state = IoState::kOk;
  size_t bytes = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;  // closes; a pending Waiter is forgotten, not called

  // `into` must not be empty.
  virtual IoResult TryRead(std::span<char> into) = 0;
  // Gathers; at most 16 pieces are looked at. Moves a prefix of them.
  virtual IoResult TryWrite(std::span<const std::string_view> pieces) = 0;

  // Runs `waiter` (as a deferred Job, never inside this call) once TryRead / TryWrite can make
  // progress, or has failed. For a stream still being connected, writable means: connected, or
  // failed. Readable means: bytes, FIN or failure, so an idle keep-alive peer that waits here hears
  // of the other side's going.
  virtual void WaitReadable(rt::Job& waiter) = 0;
  virtual void WaitWritable(rt::Job& waiter) = 0;
  // Forgets the waiter of that direction, if any: it will not run.
  virtual void ForgetReadable() = 0;
  virtual void ForgetWritable() = 0;

  // Sends FIN after what was written; reading goes on.
  virtual void ShutdownWrite() = 0;
  // Fails the stream with this reason: pending waiters run, later moves answer kFailed. The peer
  // gets a RST. Idempotent: the first reason stays.
  virtual void Abort(base::Status reason) = 0;
  // Ok while the stream is well, then why the last move answered kFailed.
  virtual const base::Status& failure() const = 0;

  // "127.0.0.1:40312", for logs and accounting.
  virtual std::string_view peer() const = 0;
  // What TLS agreed on by ALPN ("h2", "http/1.1"); empty if nothing, and for a plaintext stream.
  virtual std::string_view alpn() const { return {}; }
};

}  // namespace fairway::net
