#pragma once
// A simulated model server on one port: an inference engine's HTTP API in front of a batch engine
// that is not there. Lives on its network's Loop; sockets or simulated streams are all the same to
// it. docs/guides/simulated-servers.md lists what it answers.

#include <memory>
#include <string>
#include <string_view>

#include "http/server.h"
#include "modelsim/core.h"
#include "modelsim/metrics/adapters.h"
#include "modelsim/metrics/http_stats.h"
#include "modelsim/options.h"
#include "net/network.h"
#include "rt/gate.h"

namespace fairway::modelsim {

class ModelServer final : public http::Handler {
 public:
  // The network outlives it.
  ModelServer(net::Network& network, const Profile& profile, const ModelServerOptions& options);
  // Stop() was awaited, or no request is in it.
  ~ModelServer() override;

  // kUnavailable if the address is taken.
  base::Status Listen(const net::Address& at);
  // With the real port; Listen succeeded before.
  const net::Address& local() const { return at_; }

  // Replaces the faults in effect by this one, or by none.
  base::Status SetFault(const Fault& fault);
  // Adds one. kExhausted if there are too many.
  base::Status AddFault(const Fault& fault) { return core_.faults.Add(fault); }

  const Engine& engine() const { return core_.host.engine(); }
  const ServerState& state() const { return core_.state; }

  // Aborts every connection; done when no request is being answered.
  rt::Task<void> Stop();

  rt::Task<void> Handle(http::Exchange& exchange) override;

 private:
  enum class Action : unsigned char;
  struct Route;
  static const Route* FindRoute(std::string_view path);

  rt::Task<void> Run(http::Exchange& exchange, Action action);
  rt::Task<Outcome> RunModel(http::Exchange& exchange, Action action);
  rt::Task<base::Status> Get(http::Exchange& exchange, std::string_view path);
  // What an engine of this kind answers beside the others; empty if it has no such path.
  std::string OwnPath(std::string_view path) const;
  rt::Task<base::Status> Metrics(http::Exchange& exchange);
  rt::Task<base::Status> Faults(http::Exchange& exchange);
  rt::Task<base::Status> Side(http::Exchange& exchange, Action action);
  base::Result<std::string> ChangeFaults(std::string_view method, std::string_view path,
                                         std::string_view body);
  std::string MetricsPage();

  // What a fault that begins or ends does to the server as a whole.
  void OnFaultsChanged();
  // The process that this server is goes: its connections end, and its port closes.
  void Leave();
  void Return();
  void UpdatePort();
  rt::Task<void> Bury(std::unique_ptr<http::Server> server);

  net::Network& network_;
  ServerCore core_;
  AdapterLog adapters_;
  HttpStats http_;
  double began_ = 0;  // in seconds since the epoch
  std::string page_;  // as last scraped, for when it goes stale
  net::Address at_;
  bool gone_ = false;           // between Leave and Return
  bool patience_over_ = false;  // of a server that drains
  size_t running_ = 0;          // requests for the model
  rt::Timer leave_;
  rt::Timer reopen_;
  rt::Gate gate_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace fairway::modelsim
