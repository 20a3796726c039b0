#pragma once
// For tests: the two worlds that a contract test runs in, with equal members.

#include "net/sim_network.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/sim_loop.h"

namespace fairway::net {

struct TcpRig {
  rt::EpollLoop loop;
  TcpNetwork server{loop};
  TcpNetwork client{loop};
  Address at{"127.0.0.1", 0};
  // Where nobody listens: port 1 of the loopback.
  Address nowhere{"127.0.0.1", 1};
};

struct SimRig {
  rt::SimLoop loop;
  SimWorld world{loop};
  SimNetwork server{world, "10.0.0.1"};
  SimNetwork client{world, "10.0.0.2"};
  Address at{"10.0.0.1", 0};
  Address nowhere{"10.0.0.1", 1};
};

}  // namespace fairway::net
