#pragma once
// Where streams come from: connect and listen, by address. One Network a Loop: TcpNetwork over an
// EpollLoop, SimNetwork over a SimLoop.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/stream.h"

namespace fairway::net {

// A literal address; names are resolved before (rt::Loop::Resolve). Value.
struct Address {
  std::string ip;  // "127.0.0.1", "::1"
  uint16_t port = 0;
  // Empty: plaintext. Else to be reached over TLS, and the host name or address that the server
  // must prove to be (net/tls_network.h).
  std::string tls_name = {};
  // What is known to be spoken there, as an ALPN name ("h2"); empty: HTTP/1.1.
  std::string alpn = {};
  // "127.0.0.1:8001", "[::1]:8001".
  std::string ToString() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// "127.0.0.1:8001", "[::1]:8001", ":8001" (every IPv4 interface). kInvalid if it is none of them.
base::Result<Address> ParseAddress(std::string_view text);

// Listens until destroyed. Not movable; lives on the Loop of its Network.
class Listener {
 public:
  virtual ~Listener() = default;
  // The address it got; with port 0 asked, the real port.
  virtual const Address& local() const = 0;
  // Stops accepting and answers new connections with a refusal; open ones go on.
  virtual void Close() = 0;
};

// Must not destroy the Listener; it may Close() it.
using OnAccept = std::move_only_function<void(std::unique_ptr<Stream>)>;

enum class PortSharing : unsigned char {
  kExclusive,
  kSharedByWorkers,  // SO_REUSEPORT: one listener a worker on the same port
};

class Network {
 public:
  virtual ~Network() = default;
  virtual rt::Loop& loop() = 0;

  // Returns at once with a stream that is still being connected: wait for it to be writable. A
  // failure to connect (refused, unreachable) shows on the stream, with code kUnavailable.
  virtual std::unique_ptr<Stream> Connect(const Address& to) = 0;

  // kUnavailable when the address is taken, kInvalid when it is not ours.
  virtual base::Result<std::unique_ptr<Listener>> Listen(const Address& at, PortSharing sharing,
                                                         OnAccept on_accept) = 0;
};

}  // namespace fairway::net
