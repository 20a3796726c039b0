#pragma once
// TcpStream: a Stream over a non-blocking TCP socket. Moves are direct recv/send on the descriptor;
// readiness is what edge-triggered epoll last said, so that a wait, and a move known to block, cost
// no system call.
//
// Invariant: readable_ is false only if a later edge will come. A short read empties the socket, so
// it clears readable_; but once the peer's FIN is known (EPOLLRDHUP) there may be no other edge,
// and readable_ stays until the FIN has been read.

#include <string>

#include "net/stream.h"
#include "net/waiter_slot.h"
#include "rt/epoll_loop.h"

namespace fairway::net {

// What every socket of ours is set to, before it connects or listens (accepted ones inherit it):
// small writes go out at once, and a peer that vanished without a word shows after about a minute
// of silence, so that nobody waits for a host that lost its power.
void SetUpSocket(int fd);

class TcpStream final : public Stream, private rt::FdWatcher {
 public:
  enum class Stage : unsigned char { kConnecting, kOpen };

  // Takes the descriptor. `peer` is text for logs.
  TcpStream(rt::EpollLoop& loop, int fd, Stage stage, std::string peer);
  // A stream that has failed already.
  TcpStream(rt::EpollLoop& loop, base::Status failure, std::string peer);
  ~TcpStream() override;

  IoResult TryRead(std::span<char> into) override;
  IoResult TryWrite(std::span<const std::string_view> pieces) override;
  void WaitReadable(rt::Job& waiter) override;
  void WaitWritable(rt::Job& waiter) override;
  void ForgetReadable() override { reader_.Forget(); }
  void ForgetWritable() override { writer_.Forget(); }
  void ShutdownWrite() override;
  void Abort(base::Status reason) override;
  const base::Status& failure() const override { return failure_; }
  std::string_view peer() const override { return peer_; }

 private:
  void OnEvents(uint32_t events) override;
  void FinishConnecting();
  void Fail(base::Status reason);
  IoResult FailedMove(const char* what, int error);

  rt::EpollLoop& loop_;
  int fd_ = -1;
  bool connecting_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool peer_ended_ = false;        // FIN or RST is known to have come
  bool shutdown_pending_ = false;  // ShutdownWrite() while still connecting
  WaiterSlot reader_;
  WaiterSlot writer_;
  base::Status failure_;
  std::string peer_;
};

}  // namespace fairway::net
