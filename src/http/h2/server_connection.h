#pragma once
// One client's HTTP/2 connection: its transport, its exchanges, and what may not last: an idle
// connection, a head in pieces, a drain. Private to the server.
//
// Lives in the coroutine that Serve() is; dies with it, after its last handler.

#include <memory>
#include <string>
#include <vector>

#include "http/h2/exchange.h"
#include "http/h2/transport.h"
#include "http/server/open_connection.h"
#include "rt/gate.h"

namespace fairway::http {

class H2ServerConnection final : public OpenConnection,
                                 private H2TransportOwner,
                                 private H2ExchangeOwner {
 public:
  H2ServerConnection(ServerShared& shared, std::unique_ptr<net::Stream> stream);

  // Until the connection ends; `already` was read from the stream before.
  static rt::Task<void> Serve(std::unique_ptr<H2ServerConnection> connection, std::string already);

  void StartDrain() override;
  void AbortNow(base::Status reason) override { transport_.Abort(std::move(reason)); }

 private:
  class ReadyJob final : public rt::Job {
   public:
    explicit ReadyJob(H2ServerConnection& connection) : connection_(connection) {}
    void Run() override { connection_.OnFed(); }

   private:
    H2ServerConnection& connection_;
  };

  H2StreamPort& OnOpen(int32_t id) override;
  void OnBlockBegin() override;
  void OnBlockEnd() override { head_deadline_.Clear(); }
  void OnGoaway(int32_t, H2Error) override {}
  void OnPingAck() override;
  void OnFed() override;
  void OnStalled() override;
  void OnClosing() override;
  void OnReady(H2Exchange& exchange) override;
  void OnEnded() override { ended_.Set(); }

  rt::Task<void> Answer(H2Exchange& exchange);
  void Retire(H2Exchange& exchange);
  void EndIdle();
  void EndSlowHead();
  void EndDrain();
  void LoseAll(const base::Status& reason);

  H2Transport transport_;
  std::vector<std::unique_ptr<H2Exchange>> exchanges_;
  std::vector<H2Exchange*> unused_;
  std::vector<H2Exchange*> ready_;  // their heads came; to be started
  ReadyJob ready_job_{*this};
  Deadline idle_deadline_;
  Deadline head_deadline_;
  Deadline drain_deadline_;
  rt::Event ended_;
  rt::Gate gate_;
};

}  // namespace fairway::http
