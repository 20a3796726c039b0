#pragma once
// The worlds that whole-system tests run in: the machine's own sockets and clock, and a
// simulated network at virtual time, in plaintext or encrypted. A test is written once, against
// these members.

#include <string>

#include "net/sim_network.h"
#include "net/sim_world.h"
#include "net/tcp_network.h"
#include "net/tls_fixture.h"
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

// The simulated world with every connection encrypted: from the client, to the model servers, and
// the gateway's own scrapes.
struct TlsWorld {
  rt::SimLoop loop;
  net::SimWorld wires{loop};
  net::SimNetwork gateway_wire{wires, "10.0.0.1"};
  net::SimNetwork client_wire{wires, "10.0.0.2"};
  net::SimNetwork server_wire{wires, "10.0.1.1"};
  crypto::SelfSigned certificate = net::MakeTestCertificate();
  net::TlsServerSnapshot context{net::ServerContext(certificate)};
  obs::Registry registry;
  net::TlsNetworkOptions options{.server = &context, .client = net::ClientContext(certificate)};
  net::TlsNetwork gateway_tls{gateway_wire, registry, options};
  net::TlsNetwork client_tls{client_wire, registry, options};
  net::TlsNetwork server_tls{server_wire, registry, options};
  net::AlwaysTls gateway{gateway_tls};
  net::AlwaysTls client{client_tls};
  net::AlwaysTls servers{server_tls};

  std::string GatewayIp() const { return "10.0.0.1"; }
  std::string ServerIp() const { return "10.0.1.1"; }
  static constexpr base::Duration kPatience = std::chrono::hours(2);
};

// The simulated world, where answers go out as to a client whose wire is not HTTP/1.
struct FramedWorld : SimulatedWorld {};

// A world whose clients, or model servers, or both, speak HTTP/2 in plaintext.
template <class World>
struct Http2Clients : World {
  static constexpr const char* kFrontAlpn = "h2";
};
template <class World>
struct Http2Servers : World {
  static constexpr const char* kServerAlpn = "h2";
};
template <class World>
struct Http2Both : World {
  static constexpr const char* kFrontAlpn = "h2";
  static constexpr const char* kServerAlpn = "h2";
};

}  // namespace fairway::test
