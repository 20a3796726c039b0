#include "net/tcp_network.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/socket_address.h"
#include "net/tcp_listener.h"
#include "net/tcp_stream.h"

namespace fairway::net {

std::unique_ptr<Stream> TcpNetwork::Connect(const Address& to) {
  const auto failed = [&](base::Code code, const char* why) {
    return std::make_unique<TcpStream>(
        loop_, base::Status(code, "connecting to " + to.ToString() + ": " + why), to.ToString());
  };
  const auto address = ToSocketAddress(to);
  if (!address.ok()) return failed(base::Code::kInvalid, "not an IP address");
  const int fd = ::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(base::Code::kUnavailable, std::strerror(errno));
  SetUpSocket(fd);
  if (::connect(fd, address->get(), address->size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return failed(base::Code::kUnavailable, std::strerror(error));
  }
  return std::make_unique<TcpStream>(loop_, fd, TcpStream::Stage::kConnecting, to.ToString());
}

base::Result<std::unique_ptr<Listener>> TcpNetwork::Listen(const Address& at, PortSharing sharing,
                                                           OnAccept on_accept) {
  return TcpListener::Create(loop_, accept_pauses_, at, sharing, std::move(on_accept));
}

}  // namespace fairway::net
