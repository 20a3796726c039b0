#pragma once
// The HTTP/2 connections of a Pool, by address: a request takes a stream of a connection that has
// room, else of a new one. Private to the pool.

#include <memory>
#include <unordered_map>
#include <vector>

#include "http/h2/client_connection.h"
#include "net/network.h"

namespace fairway::http {

inline constexpr std::string_view kH2Alpn = "h2";

class H2ClientPool final : private H2ClientConnectionOwner {
 public:
  H2ClientPool(net::Network& network, PoolShared& shared);

  enum class From : unsigned char { kAny, kNew };
  H2ClientStream& Take(const net::Address& to, From from);
  void Forget(const net::Address& to);
  // Connections now.
  size_t open() const { return open_; }

 private:
  struct AddressHash {
    size_t operator()(const net::Address& address) const {
      return std::hash<std::string>()(address.ip) * 31 + address.port;
    }
  };
  using Connections = std::vector<std::unique_ptr<H2ClientConnection>>;

  class ReapJob final : public rt::Job {
   public:
    explicit ReapJob(H2ClientPool& pool) : pool_(pool) {}
    void Run() override { pool_.Reap(); }

   private:
    H2ClientPool& pool_;
  };

  void OnDone(H2ClientConnection& connection) override;
  H2ClientConnection& Open(const net::Address& to, Connections& connections);
  H2ClientConnection& Choose(const net::Address& to, From from);
  void Reap();

  net::Network& network_;
  PoolShared& shared_;
  std::unordered_map<net::Address, Connections, AddressHash> hosts_;
  std::vector<net::Address> done_;  // where something is to be reaped
  size_t open_ = 0;
  ReapJob reap_job_{*this};
};

}  // namespace fairway::http
