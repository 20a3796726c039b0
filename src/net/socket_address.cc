#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace fairway::net {

base::Result<SocketAddress> ToSocketAddress(const Address& address) {
  SocketAddress out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (::inet_pton(AF_INET, address.ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  if (::inet_pton(AF_INET6, address.ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    out.size = sizeof(sockaddr_in6);
    return out;
  }
  return base::Status(base::Code::kInvalid, "not an IP address: \"" + address.ip + "\"");
}

Address FromSocketAddress(const SocketAddress& from) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&from.storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return {text, ntohs(v4->sin_port)};
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&from.storage);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
  return {text, ntohs(v6->sin6_port)};
}

}  // namespace fairway::net
