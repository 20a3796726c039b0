#pragma once
// Keep-alive connections to servers, by address; one pool a Loop. Take gives an idle connection if
// there is one, else a new one that is still connecting. The lease gives it back: kept if its
// answer came whole and the server allows it, closed if not. Idle ones are watched, and dropped
// when the server closes or time is up. Where HTTP/2 is spoken (net::Address::alpn) leases are
// streams, and share connections.

#include <memory>
#include <utility>

#include "http/client.h"
#include "http/pool_options.h"

namespace fairway::http {

class Pool;
class LeasedConnection;

// Holds a connection for one request; movable, may be empty. Dropping it in the middle of an answer
// resets the connection.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(connection_, other.connection_);
    return *this;
  }
  ~Lease() { Release(); }

  ClientConnection* operator->() const;
  ClientConnection& operator*() const { return *operator->(); }
  explicit operator bool() const { return connection_ != nullptr; }
  void Release();

 private:
  friend class Pool;
  explicit Lease(LeasedConnection& connection) : connection_(&connection) {}
  LeasedConnection* connection_ = nullptr;
};

class Pool {
 public:
  // The network outlives it.
  explicit Pool(net::Network& network, PoolOptions options = {});
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();  // every lease is back

  rt::Loop& loop();
  // Never fails: a failure to connect shows in Send.
  Lease Take(const net::Address& to);
  // A new connection even if an idle one is there: for the retry after a stale one.
  Lease TakeNew(const net::Address& to);
  // Closes idle connections to the address and keeps none that is on lease now: the server is gone.
  void Forget(const net::Address& to);

  const PoolCounters& counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fairway::http
