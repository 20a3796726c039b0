#pragma once
// SimNetwork: one host's (or one worker's) view of a SimWorld. Several may share an IP, as workers
// do. 127.0.0.1, ::1 and the "every interface" addresses mean the host's own IP.

#include <string>

#include "net/network.h"
#include "net/sim_world.h"

namespace fairway::net {

class SimNetwork final : public Network {
 public:
  SimNetwork(SimWorld& world, std::string ip) : world_(world), ip_(std::move(ip)) {}

  rt::Loop& loop() override { return world_.loop(); }
  std::unique_ptr<Stream> Connect(const Address& to) override;
  base::Result<std::unique_ptr<Listener>> Listen(const Address& at, PortSharing sharing,
                                                 OnAccept on_accept) override;

 private:
  std::string OwnIp(const std::string& ip) const;

  SimWorld& world_;
  const std::string ip_;
};

}  // namespace fairway::net
