#pragma once
// TlsNetwork: another Network's streams, encrypted: what listens here speaks TLS if there is a
// server context, and an Address with a tls_name is connected to over TLS. Everything else goes
// through untouched.
//
// Lives on the lower network's Loop; outlives its listeners and streams.

#include <chrono>
#include <memory>
#include <optional>

#include "base/snapshot.h"
#include "crypto/tls_context.h"
#include "net/network.h"
#include "net/tls_stream.h"
#include "obs/metrics.h"

namespace fairway::net {

using TlsServerSnapshot = base::Snapshot<crypto::TlsServerContext>;

struct TlsNetworkOptions {
  // What the next connection is accepted with; replaced while running. Null: listeners are
  // plaintext.
  const TlsServerSnapshot* server = nullptr;
  // Unset: addresses with a tls_name cannot be connected to.
  std::optional<crypto::TlsClientContext> client = {};
  base::Duration handshake_timeout = std::chrono::seconds(10);
  size_t handshakes = 1024;  // of one listener at once; a connection more is closed
};

// Each worker makes one over the shared registry and gets the same metrics.
struct TlsMetrics {
  explicit TlsMetrics(obs::Registry& registry);
  obs::Counter& accepted;
  obs::Counter& failed;
  obs::Counter& refused;
};

class TlsNetwork final : public Network {
 public:
  TlsNetwork(Network& lower, obs::Registry& registry, TlsNetworkOptions options);

  rt::Loop& loop() override { return lower_.loop(); }
  std::unique_ptr<Stream> Connect(const Address& to) override;
  // `on_accept` gets a stream when its handshake is over. Closing the listener drops those whose
  // handshake is not.
  base::Result<std::unique_ptr<Listener>> Listen(const Address& at, PortSharing sharing,
                                                 OnAccept on_accept) override;

 private:
  class TlsListener;

  Network& lower_;
  const TlsNetworkOptions options_;
  TlsMetrics metrics_;
  TlsShared shared_;
};

}  // namespace fairway::net
