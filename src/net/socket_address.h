#pragma once
// Address (net/network.h) to and from the kernel's sockaddr. Inside net only.

#include <sys/socket.h>

#include "net/network.h"

namespace fairway::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// kInvalid if `address.ip` is not a literal.
base::Result<SocketAddress> ToSocketAddress(const Address& address);

// Only for AF_INET and AF_INET6.
Address FromSocketAddress(const SocketAddress& from);

}  // namespace fairway::net
