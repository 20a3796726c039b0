#pragma once
// The two worlds that whole-system tests run in: the machine's own sockets and clock, and a
// simulated network at virtual time. A test is written once, against these members.

#include <string>

#include "net/sim_network.h"
#include "net/sim_world.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/sim_loop.h"

namespace fairway::test {

struct RealWorld {
  rt::EpollLoop loop;
  net::TcpNetwork gateway{loop};
  net::TcpNetwork client{loop};
  net::TcpNetwork servers{loop};

  std::string GatewayIp() const { return "127.0.0.1"; }
  std::string ServerIp() const { return "127.0.0.1"; }
  // Waits of a test; the clock is real.
  static constexpr base::Duration kPatience = std::chrono::seconds(10);
};

struct SimulatedWorld {
  rt::SimLoop loop;
  net::SimWorld wires{loop};
  net::SimNetwork gateway{wires, "10.0.0.1"};
  net::SimNetwork client{wires, "10.0.0.2"};
  net::SimNetwork servers{wires, "10.0.1.1"};

  std::string GatewayIp() const { return "10.0.0.1"; }
  std::string ServerIp() const { return "10.0.1.1"; }
  static constexpr base::Duration kPatience = std::chrono::hours(2);
};

// The simulated world, where answers go out as to a client whose wire is not HTTP/1.
struct FramedWorld : SimulatedWorld {};

}  // namespace fairway::test
