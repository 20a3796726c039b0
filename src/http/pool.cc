#include "http/pool.h"

#include <unordered_map>

#include "base/check.h"
#include "http/h2/client_pool.h"
#include "http/pooled_connection.h"

namespace fairway::http {
namespace {

struct AddressHash {
  size_t operator()(const net::Address& address) const {
    return std::hash<std::string>()(address.ip) * 31 + address.port;
  }
};

}  // namespace

class Pool::State final : public PoolOwner {
 public:
  State(net::Network& network, PoolOptions options)
      : network_(network),
        shared_{
            .loop = network.loop(), .options = options, .buffers = BufferPool(), .counters = {}},
        expiry_(network.loop(), [this] { Expire(); }),
        h2_(network, shared_) {}

  ~State() override {
    CHECK(shared_.counters.leased == 0);
    while (oldest_ != nullptr) Drop(*oldest_);
  }

  rt::Loop& loop() { return shared_.loop; }
  const PoolCounters& counters() const { return shared_.counters; }

  LeasedConnection& Take(const net::Address& to) {
    if (to.alpn == kH2Alpn) return h2_.Take(to, H2ClientPool::From::kAny);
    const auto found = hosts_.find(to);
    if (found == hosts_.end() || found->second.newest == nullptr) return TakeNew(to);
    PooledConnection& connection = *found->second.newest;
    connection.EndIdle();
    Unlink(connection);
    ++shared_.counters.reused;
    return Lend(connection);
  }

  LeasedConnection& TakeNew(const net::Address& to) {
    if (to.alpn == kH2Alpn) return h2_.Take(to, H2ClientPool::From::kNew);
    PoolHost& host = hosts_[to];
    if (host.open == 0) host.address = to;
    ++host.open;
    ++shared_.counters.opened;
    auto connection =
        std::make_unique<PooledConnection>(*this, shared_, host, network_.Connect(to));
    return Lend(*connection.release());  // owned by its lease, then by the idle lists
  }

  void Forget(const net::Address& to) {
    if (to.alpn == kH2Alpn) return h2_.Forget(to);
    const auto found = hosts_.find(to);
    if (found == hosts_.end()) return;
    PoolHost& host = found->second;
    ++host.generation;
    ++host.open;  // the host stays while its connections go
    while (host.newest != nullptr) Drop(*host.newest);
    --host.open;
    if (host.open == 0) hosts_.erase(found);
  }

  void OnReleased(PooledConnection& connection) override {
    --shared_.counters.leased;
    PoolHost& host = connection.host();
    if (!connection.reusable() || host.idle >= shared_.options.idle_per_address) {
      connection.Close();
      return Destroy(connection);
    }
    Link(connection);
    connection.StartIdle();
    if (oldest_ == &connection) expiry_.Set(shared_.options.idle_expiry);
  }

  void OnLost(PooledConnection& connection) override {
    ++shared_.counters.lost;
    Drop(connection);
  }

 private:
  PooledConnection& Lend(PooledConnection& connection) {
    ++shared_.counters.leased;
    connection.StartLease();
    return connection;
  }

  void Expire() {
    const base::TimePoint limit = shared_.loop.Now() - shared_.options.idle_expiry;
    while (oldest_ != nullptr && oldest_->idle_since() <= limit) {
      ++shared_.counters.expired;
      Drop(*oldest_);
    }
    if (oldest_ != nullptr) expiry_.SetAt(oldest_->idle_since() + shared_.options.idle_expiry);
  }

  // Ends an idle connection.
  void Drop(PooledConnection& connection) {
    connection.EndIdle();
    Unlink(connection);
    Destroy(connection);
  }

  void Destroy(PooledConnection& connection) {
    PoolHost& host = connection.host();
    delete &connection;
    if (--host.open == 0) hosts_.erase(net::Address(host.address));
  }

  void Link(PooledConnection& c) {
    PoolHost& host = c.host();
    c.older_here = host.newest;
    c.newer_here = nullptr;
    if (host.newest != nullptr) host.newest->newer_here = &c;
    host.newest = &c;
    c.older = newest_;
    c.newer = nullptr;
    (newest_ != nullptr ? newest_->newer : oldest_) = &c;
    newest_ = &c;
    ++host.idle;
    ++shared_.counters.idle;
  }

  void Unlink(PooledConnection& c) {
    PoolHost& host = c.host();
    if (c.older_here != nullptr) c.older_here->newer_here = c.newer_here;
    (c.newer_here != nullptr ? c.newer_here->older_here : host.newest) = c.older_here;
    (c.older != nullptr ? c.older->newer : oldest_) = c.newer;
    (c.newer != nullptr ? c.newer->older : newest_) = c.older;
    c.older_here = c.newer_here = c.older = c.newer = nullptr;
    --host.idle;
    --shared_.counters.idle;
  }

  net::Network& network_;
  PoolShared shared_;
  Deadline expiry_;
  std::unordered_map<net::Address, PoolHost, AddressHash> hosts_;
  PooledConnection* oldest_ = nullptr;  // of all idle ones
  PooledConnection* newest_ = nullptr;
  H2ClientPool h2_;
};

void Lease::Release() {
  LeasedConnection* connection = std::exchange(connection_, nullptr);
  if (connection != nullptr) connection->Return();
}

ClientConnection* Lease::operator->() const { return connection_; }

Pool::Pool(net::Network& network, PoolOptions options)
    : state_(std::make_unique<State>(network, options)) {}
Pool::~Pool() = default;

rt::Loop& Pool::loop() { return state_->loop(); }
Lease Pool::Take(const net::Address& to) { return Lease(state_->Take(to)); }
Lease Pool::TakeNew(const net::Address& to) { return Lease(state_->TakeNew(to)); }
void Pool::Forget(const net::Address& to) { state_->Forget(to); }
const PoolCounters& Pool::counters() const { return state_->counters(); }

}  // namespace fairway::http
