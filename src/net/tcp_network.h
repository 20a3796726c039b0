#pragma once
// TcpNetwork: streams and listeners over the machine's TCP, on one EpollLoop. Sockets are
// non-blocking, without Nagle's delay; listeners take many connections a turn.

#include <cstdint>

#include "net/network.h"
#include "rt/epoll_loop.h"

namespace fairway::net {

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(rt::EpollLoop& loop) : loop_(loop) {}

  rt::Loop& loop() override { return loop_; }
  std::unique_ptr<Stream> Connect(const Address& to) override;
  base::Result<std::unique_ptr<Listener>> Listen(const Address& at, PortSharing sharing,
                                                 OnAccept on_accept) override;

  // How often accepting had to pause because the process or the machine was out of descriptors or
  // memory. Moves on the loop's thread.
  uint64_t accept_pauses() const { return accept_pauses_; }

 private:
  rt::EpollLoop& loop_;
  uint64_t accept_pauses_ = 0;
};

}  // namespace fairway::net
