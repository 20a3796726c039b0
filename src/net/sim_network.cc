#include "net/sim_network.h"

#include <utility>

namespace fairway::net {

std::unique_ptr<Stream> SimNetwork::Connect(const Address& to) {
  return world_.Connect({ip_, 0}, {OwnIp(to.ip), to.port});
}

base::Result<std::unique_ptr<Listener>> SimNetwork::Listen(const Address& at, PortSharing sharing,
                                                           OnAccept on_accept) {
  Address local{OwnIp(at.ip), at.port};
  if (local.ip != ip_) {
    return base::Status(base::Code::kInvalid, at.ToString() + " is not an address of " + ip_);
  }
  if (local.port == 0) local.port = world_.FreePort(local.ip);
  auto listener =
      std::make_unique<SimListener>(world_, std::move(local), sharing, std::move(on_accept));
  TRY_STATUS(world_.Add(*listener));
  return std::unique_ptr<Listener>(std::move(listener));
}

std::string SimNetwork::OwnIp(const std::string& ip) const {
  const bool own = ip == "127.0.0.1" || ip == "0.0.0.0" || ip == "::1" || ip == "::";
  return own ? ip_ : ip;
}

}  // namespace fairway::net
