#include "http/h2/client_pool.h"

#include <utility>

namespace fairway::http {

H2ClientPool::H2ClientPool(net::Network& network, PoolShared& shared)
    : network_(network), shared_(shared) {}

H2ClientConnection& H2ClientPool::Open(const net::Address& to, Connections& connections) {
  H2ClientConnectionOwner& owner = *this;
  connections.push_back(
      std::make_unique<H2ClientConnection>(shared_, to, network_.Connect(to), owner));
  ++shared_.counters.opened;
  ++open_;
  return *connections.back();
}

H2ClientConnection& H2ClientPool::Choose(const net::Address& to, From from) {
  Connections& connections = hosts_[to];
  H2ClientConnection* least = nullptr;
  for (const auto& each : connections) {
    if (!each->usable()) continue;
    if (from == From::kAny && each->has_room()) {
      ++shared_.counters.reused;
      return *each;
    }
    if (least == nullptr || each->lent() < least->lent()) least = each.get();
  }
  if (least == nullptr || connections.size() < shared_.options.h2_connections)
    return Open(to, connections);
  return *least;
}

H2ClientStream& H2ClientPool::Take(const net::Address& to, From from) {
  ++shared_.counters.leased;
  return Choose(to, from).Take();
}

void H2ClientPool::Forget(const net::Address& to) {
  const auto found = hosts_.find(to);
  if (found == hosts_.end()) return;
  for (const auto& each : found->second) each->Leave();
}

// Not at once: the connection is on the stack.
void H2ClientPool::OnDone(H2ClientConnection& connection) {
  done_.push_back(connection.address());
  if (!reap_job_.queued()) shared_.loop.Defer(reap_job_);
}

void H2ClientPool::Reap() {
  const std::vector<net::Address> done = std::exchange(done_, {});
  for (const net::Address& address : done) {
    const auto found = hosts_.find(address);
    if (found == hosts_.end()) continue;
    open_ -= std::erase_if(found->second, [](const auto& each) { return each->done(); });
    if (found->second.empty()) hosts_.erase(found);
  }
}

}  // namespace fairway::http
