#include "net/tls_network.h"

#include <list>
#include <utility>

#include "obs/log.h"

namespace fairway::net {
namespace {

obs::Counter& OutcomeCounter(obs::Registry& registry, std::string_view outcome) {
  return registry
      .AddCounterFamily({.name = "fairway_tls_handshakes_total",
                         .help = "TLS handshakes with clients, by outcome.",
                         .labels = {"outcome"}})
      .With(outcome);
}

}  // namespace

TlsMetrics::TlsMetrics(obs::Registry& registry)
    : accepted(OutcomeCounter(registry, "ok")),
      failed(OutcomeCounter(registry, "failed")),
      refused(OutcomeCounter(registry, "refused")) {}

// Holds the streams whose handshake is under way.
class TlsNetwork::TlsListener final : public Listener {
 public:
  TlsListener(TlsNetwork& network, OnAccept on_accept)
      : network_(network), context_(*network.options_.server), on_accept_(std::move(on_accept)) {}

  base::Status Listen(const Address& at, PortSharing sharing) {
    lower_ = TRY(network_.lower_.Listen(
        at, sharing, [this](std::unique_ptr<Stream> stream) { Begin(std::move(stream)); }));
    return {};
  }

  const Address& local() const override { return lower_->local(); }
  void Close() override {
    lower_->Close();
    handshakes_.clear();
  }

 private:
  class Handshake final : public rt::Job {
   public:
    Handshake(TlsListener& owner, std::unique_ptr<Stream> accepted)
        : stream(std::move(accepted)), owner_(owner) {}
    void Run() override { owner_.End(self); }

    std::unique_ptr<Stream> stream;
    std::list<Handshake>::iterator self;

   private:
    TlsListener& owner_;
  };

  void Begin(std::unique_ptr<Stream> lower) {
    if (handshakes_.size() >= network_.options_.handshakes) return network_.metrics_.refused.Add();
    Handshake& begun = handshakes_.emplace_back(
        *this, TlsStream::Accept(network_.shared_, std::move(lower), context_.Get()));
    begun.self = std::prev(handshakes_.end());
    begun.stream->WaitWritable(begun);
  }

  void End(std::list<Handshake>::iterator handshake) {
    std::unique_ptr<Stream> stream = std::move(handshake->stream);
    handshakes_.erase(handshake);
    Tell(*stream);
    if (stream->failure().ok()) on_accept_(std::move(stream));
  }

  void Tell(const Stream& stream) {
    if (stream.failure().ok()) return network_.metrics_.accepted.Add();
    network_.metrics_.failed.Add();
    obs::Log(obs::Level::kWarning, "a client's TLS handshake failed",
             {{"client", stream.peer()}, {"why", stream.failure().message()}});
  }

  TlsNetwork& network_;
  TlsServerSnapshot::Reader context_;
  OnAccept on_accept_;
  std::unique_ptr<Listener> lower_;
  std::list<Handshake> handshakes_;
};

TlsNetwork::TlsNetwork(Network& lower, obs::Registry& registry, TlsNetworkOptions options)
    : lower_(lower),
      options_(std::move(options)),
      metrics_(registry),
      shared_{.loop = lower.loop(),
              .handshake_timeout = options_.handshake_timeout,
              .linger = TlsLinger(lower.loop())} {}

std::unique_ptr<Stream> TlsNetwork::Connect(const Address& to) {
  std::unique_ptr<Stream> lower = lower_.Connect(to);
  if (to.tls_name.empty()) return lower;
  if (!options_.client) {
    lower->Abort({base::Code::kInvalid, "this network was given no TLS client context"});
    return lower;
  }
  return TlsStream::Connect(shared_, std::move(lower), *options_.client, to.tls_name);
}

base::Result<std::unique_ptr<Listener>> TlsNetwork::Listen(const Address& at, PortSharing sharing,
                                                           OnAccept on_accept) {
  if (options_.server == nullptr) return lower_.Listen(at, sharing, std::move(on_accept));
  auto listener = std::make_unique<TlsListener>(*this, std::move(on_accept));
  TRY_STATUS(listener->Listen(at, sharing));
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace fairway::net
