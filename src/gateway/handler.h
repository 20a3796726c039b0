#pragma once
// The embedded gateway's front door on one worker: which path is what. The model list is answered
// here, paths that control servers are refused, and everything else becomes an InferenceRun,
// whether we know its path or not.

#include "director/worker.h"
#include "gateway/inference_run.h"
#include "gateway/metrics.h"
#include "gateway/observer.h"
#include "gateway/options.h"
#include "gateway/tunnel.h"
#include "http/exchange.h"
#include "http/pool.h"
#include "net/network.h"

namespace fairway::gateway {

// What a worker's gateway stands on; all of it outlives the Handler.
struct HandlerParts {
  net::Network& network;
  director::Worker& director;
  Observer& observer;
  obs::Registry& registry;
  Options options;
  uint64_t seed = 1;  // of request ids
};

class Handler final : public http::Handler {
 public:
  explicit Handler(const HandlerParts& parts);

  rt::Task<void> Handle(http::Exchange& exchange) override;

  // From the next request on.
  void Use(const Options& options);

  const http::PoolCounters& upstream_counters() const { return pool_.counters(); }

 private:
  rt::Task<void> PassOn(http::Exchange& exchange, inference::Api api);
  rt::Task<void> HandleUpgrade(http::Exchange& exchange);
  rt::Task<void> AnswerModels(http::Exchange& exchange);
  rt::Task<void> AnswerModel(http::Exchange& exchange, std::string_view name);
  bool MayPass(std::string_view path) const;
  rt::Task<void> Refuse(http::Exchange& exchange, director::Rejection rejection);
  std::string RequestId(const http::RequestHead& head);
  void Sweep();

  std::vector<std::string> pass_paths_;  // in comparable form
  director::Worker& director_;
  http::Pool pool_;
  Metrics metrics_;
  RunContext context_;
  TunnelContext tunnels_;
  base::Rng ids_;
  rt::Timer sweep_;
  uint64_t hung_version_ = 0;
};

}  // namespace fairway::gateway
