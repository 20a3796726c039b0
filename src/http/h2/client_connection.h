#pragma once
// One HTTP/2 connection to a server, shared by many requests. Private to the pool.
//
// Owned by an H2ClientPool, which destroys it once it has ended and no lease is on it.

#include <memory>
#include <vector>

#include "http/h2/client_stream.h"
#include "http/h2/transport.h"

namespace fairway::http {

class H2ClientConnection;

class H2ClientConnectionOwner {
 public:
  virtual ~H2ClientConnectionOwner() = default;
  // It has ended, and nobody uses it.
  virtual void OnDone(H2ClientConnection& connection) = 0;
};

class H2ClientConnection final : private H2TransportOwner, private H2ClientStreamOwner {
 public:
  H2ClientConnection(PoolShared& shared, net::Address address, std::unique_ptr<net::Stream> stream,
                     H2ClientConnectionOwner& owner);

  // Whether new requests may go over it.
  bool usable() const { return !leaving_ && !ended_ && !transport_.closing(); }
  bool has_room() const { return lent_ < room(); }
  size_t lent() const { return lent_; }
  bool done() const { return ended_ && lent_ == 0; }
  H2ClientStream& Take();
  // Takes no new requests; closes once the running ones are answered.
  void Leave();
  const net::Address& address() const override { return address_; }

 private:
  size_t room() const;
  H2StreamPort& OnOpen(int32_t id) override;
  void OnBlockBegin() override {}
  void OnBlockEnd() override {}
  void OnGoaway(int32_t last_stream, H2Error error) override;
  void OnPingAck() override {}
  void OnFed() override {}
  void OnStalled() override;
  void OnClosing() override;
  void OnEnded() override;
  void OnReturned(H2ClientStream& stream) override;
  void OnExhausted() override { leaving_ = true; }
  void EndConnecting();
  void EndIdle();
  void LoseAll(const base::Status& reason);

  PoolShared& shared_;
  H2ClientConnectionOwner& owner_;
  const net::Address address_;
  H2Transport transport_;
  std::vector<std::unique_ptr<H2ClientStream>> streams_;
  std::vector<H2ClientStream*> unused_;
  Deadline connect_deadline_;
  Deadline idle_deadline_;
  size_t lent_ = 0;
  uint64_t taken_ = 0;  // requests so far
  bool leaving_ = false;
  bool ended_ = false;
};

}  // namespace fairway::http
