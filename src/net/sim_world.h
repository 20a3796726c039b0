#pragma once
// SimWorld: the network between SimNetworks: who listens where, how each address behaves, and the
// connections there are. All on one SimLoop; outlives its networks, listeners and streams.
// Deterministic: ports, the order of listeners that share a port and every arrival follow from the
// calls.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/network.h"
#include "net/sim_connection.h"
#include "net/sim_path.h"
#include "rt/sim_loop.h"

namespace fairway::net {

class SimListener;

class SimWorld {
 public:
  explicit SimWorld(rt::SimLoop& loop) : loop_(loop) {}
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  rt::SimLoop& loop() { return loop_; }

  // For addresses without a path of their own.
  void SetDefaultPath(const SimPath& path) { default_path_ = path; }
  // For connections to this address made from now on.
  void SetPath(const Address& to, const SimPath& path) { paths_[to.ToString()] = path; }
  // Every connection to the address: RST both ends now.
  void BreakAll(const Address& to);
  // Every connection to the address, present and future: nothing arrives until Thaw.
  void Freeze(const Address& to);
  void Thaw(const Address& to);
  // Connections to the address with at least one end alive.
  size_t ConnectionsTo(const Address& to);

 private:
  friend class SimNetwork;
  friend class SimListener;

  struct Place {
    std::vector<SimListener*> listeners;  // more than one: they share the port, in turn
    size_t next = 0;
    bool frozen = false;
    std::vector<std::weak_ptr<SimConnection>> connections;
  };

  base::Status Add(SimListener& listener);
  void Remove(SimListener& listener);
  uint16_t FreePort(const std::string& ip);
  std::unique_ptr<Stream> Connect(const Address& from, const Address& to);
  const SimPath& PathTo(const Address& to) const;
  void Knock(const std::shared_ptr<SimConnection>& connection, const std::string& from);
  std::vector<std::shared_ptr<SimConnection>> Connections(Place& place);

  rt::SimLoop& loop_;
  SimPath default_path_;
  std::map<std::string, SimPath> paths_;
  std::map<std::string, Place> places_;
  uint16_t next_port_ = 20'000;
  uint16_t next_client_port_ = 32'768;
};

// In the world's list while open.
class SimListener final : public Listener {
 public:
  SimListener(SimWorld& world, Address local, PortSharing sharing, OnAccept on_accept);
  ~SimListener() override { Close(); }

  const Address& local() const override { return local_; }
  PortSharing sharing() const { return sharing_; }
  void Close() override { world_.Remove(*this); }
  void Accept(std::unique_ptr<Stream> stream) { on_accept_(std::move(stream)); }

 private:
  SimWorld& world_;
  const Address local_;
  const PortSharing sharing_;
  OnAccept on_accept_;
};

}  // namespace fairway::net
