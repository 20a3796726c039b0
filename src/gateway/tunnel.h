#pragma once
// Tunnel: one request that asks to leave HTTP (`upgrade: websocket`: realtime APIs). A server is
// chosen as for any request, by the query's `model` if there is one, and asked for the same; when
// it agrees (101), the two connections are carried into one another until they end. Any other
// answer goes to the client as it is.
//
// It is in flight at its server for as long as it is open, but its silence is no sign of a server
// that hangs. Lives in its handler's coroutine frame, on one worker's Loop.

#include <string>
#include <string_view>

#include "director/worker.h"
#include "gateway/inference_run.h"
#include "gateway/pump.h"
#include "gateway/relay.h"

namespace fairway::gateway {

// Whether to make a tunnel of it: GET without a body, in HTTP/1.1, for a protocol that is not HTTP.
// (To go over to another HTTP unseen would be a way around every rule here; such an `upgrade` is
// ignored, as RFC 9110 section 7.8 allows.)
bool AsksToUpgrade(const http::RequestHead& head);

// What the tunnels of one worker share.
struct TunnelContext {
  RunContext& run;
  http::BufferPool buffers;
  obs::Gauge& open;
};

class Tunnel final {
 public:
  Tunnel(TunnelContext& context, http::Exchange& exchange, std::string_view request_id);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;
  ~Tunnel();

  rt::Task<void> Run();

 private:
  std::optional<director::Rejection> Decide();
  rt::Task<director::AttemptEnd> Attempt(const model::Endpoint& endpoint);
  rt::Task<director::AttemptEnd> Carry(const http::ResponseHead& head);
  rt::Task<director::AttemptEnd> PassAnswer(const http::ResponseHead& head);
  director::AttemptEnd EndOf(Pump::End end);
  void WriteTiming();
  rt::Task<void> Reject(director::Rejection rejection);
  void ClientGone();
  void Tell(director::Reason reason, int status);

  TunnelContext& context_;
  const std::shared_ptr<const Options> options_;  // as they were when it began
  http::Exchange& exchange_;
  const director::Worker::LifeLease life_;
  http::Lease upstream_;
  std::string head_;
  std::string timing_;
  std::string endpoint_;
  uint64_t bytes_in_ = 0;
  uint64_t bytes_out_ = 0;
  bool client_gone_ = false;
  bool answering_ = false;
  bool told_ = false;
};

}  // namespace fairway::gateway
