#include "net/sim_world.h"

#include <algorithm>
#include <utility>

#include "net/sim_stream.h"

namespace fairway::net {
namespace {

// As Linux sends a SYN again when nothing answers.
constexpr base::Duration kKnockAgain = std::chrono::seconds(1);

}  // namespace

void SimWorld::BreakAll(const Address& to) {
  for (const auto& connection : Connections(places_[to.ToString()])) connection->Break();
}

void SimWorld::Freeze(const Address& to) {
  Place& place = places_[to.ToString()];
  place.frozen = true;
  for (const auto& connection : Connections(place)) connection->Freeze();
}

void SimWorld::Thaw(const Address& to) {
  Place& place = places_[to.ToString()];
  place.frozen = false;
  for (const auto& connection : Connections(place)) connection->Thaw();
}

size_t SimWorld::ConnectionsTo(const Address& to) {
  return Connections(places_[to.ToString()]).size();
}

base::Status SimWorld::Add(SimListener& listener) {
  std::vector<SimListener*>& listeners = places_[listener.local().ToString()].listeners;
  const auto shared = [](const SimListener* each) {
    return each->sharing() == PortSharing::kSharedByWorkers;
  };
  if (!listeners.empty() &&
      !(shared(&listener) && std::all_of(listeners.begin(), listeners.end(), shared))) {
    return {base::Code::kUnavailable, listener.local().ToString() + ": address in use"};
  }
  listeners.push_back(&listener);
  return {};
}

void SimWorld::Remove(SimListener& listener) {
  std::erase(places_[listener.local().ToString()].listeners, &listener);
}

uint16_t SimWorld::FreePort(const std::string& ip) {
  for (;;) {
    const uint16_t port = next_port_++;
    const auto found = places_.find(Address{ip, port}.ToString());
    if (port != 0 && (found == places_.end() || found->second.listeners.empty())) return port;
  }
}

std::unique_ptr<Stream> SimWorld::Connect(const Address& from, const Address& to) {
  const SimPath& path = PathTo(to);
  auto connection = std::make_shared<SimConnection>(loop_, to, path);
  Place& place = places_[to.ToString()];
  std::erase_if(place.connections, [](const auto& each) { return each.expired(); });
  place.connections.push_back(connection);
  auto client = std::make_unique<SimStream>(connection, SimConnection::kClient,
                                            SimStream::Stage::kConnecting, to.ToString());
  if (path.reach == SimReach::kSilent) return client;
  next_client_port_ = std::max<uint16_t>(next_client_port_ + 1, 32'768);
  const std::string name = Address{from.ip, next_client_port_}.ToString();
  connection->After(path.latency,
                    [this, raw = connection.get(), name] { Knock(raw->shared_from_this(), name); });
  return client;
}

const SimPath& SimWorld::PathTo(const Address& to) const {
  const auto found = paths_.find(to.ToString());
  return found == paths_.end() ? default_path_ : found->second;
}

void SimWorld::Knock(const std::shared_ptr<SimConnection>& connection, const std::string& from) {
  const rt::Duration latency = connection->path().latency;
  SimConnection* const raw = connection.get();  // a step runs only while its connection exists
  if (raw->end(SimConnection::kClient) == nullptr) return;
  Place& place = places_[connection->server().ToString()];
  if (place.frozen) {
    return raw->After(kKnockAgain, [this, raw, from] { Knock(raw->shared_from_this(), from); });
  }
  if (place.listeners.empty() || connection->path().reach == SimReach::kRefused) {
    return raw->After(latency, [raw] {
      if (SimEnd* client = raw->end(SimConnection::kClient)) client->OnRefused();
    });
  }
  raw->After(latency, [raw] {
    if (SimEnd* client = raw->end(SimConnection::kClient)) client->OnConnected();
  });
  SimListener& listener = *place.listeners[place.next++ % place.listeners.size()];
  listener.Accept(std::make_unique<SimStream>(connection, SimConnection::kServer,
                                              SimStream::Stage::kOpen, from));
}

std::vector<std::shared_ptr<SimConnection>> SimWorld::Connections(Place& place) {
  std::vector<std::shared_ptr<SimConnection>> alive;
  for (const auto& each : place.connections) {
    if (auto connection = each.lock()) alive.push_back(std::move(connection));
  }
  return alive;
}

SimListener::SimListener(SimWorld& world, Address local, PortSharing sharing, OnAccept on_accept)
    : world_(world),
      local_(std::move(local)),
      sharing_(sharing),
      on_accept_(std::move(on_accept)) {}

}  // namespace fairway::net
