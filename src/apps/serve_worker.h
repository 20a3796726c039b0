#pragma once
// Everything that one worker thread of `serve` owns: its listener on the shared port, its gateway,
// its part of the brain, its access log buffer. Made, used and destroyed on that thread.

#include <memory>
#include <optional>

#include "apps/command_line.h"
#include "director/worker.h"
#include "gateway/handler.h"
#include "http/server.h"
#include "net/network.h"
#include "obs/line_sink.h"
#include "obs/metrics.h"
#include "telemetry/access_log.h"

namespace fairway::apps {

// What all workers share; outlives them.
struct ServeShared {
  const ServeFlags& flags;  // as the process started
  director::Pools pools;    // to begin with
  const ServeCredentials& credentials;
  obs::Registry& registry;
  obs::LineTarget* access_log;  // null: off
  size_t workers = 1;
};

class ServeWorker final : public gateway::Observer {
 public:
  ServeWorker(net::Network& network, const ServeShared& shared, uint64_t seed);

  base::Status Listen(const net::Address& at);
  const net::Address& local() const { return server_.local(); }

  // Lets what runs finish, at most for the time given.
  rt::Task<void> Drain(base::Duration grace) { return server_.Drain(grace); }

  // From the next request on.
  void Use(director::Pools pools, const gateway::Options& options);

  const director::RecordRing& records() const { return director_.records(); }

  void OnFinished(const gateway::RequestSummary& request) override;

 private:
  void FlushLog();

  rt::Loop& loop_;
  const std::string authorization_;  // towards model servers
  director::Worker director_;
  std::optional<obs::LineSink> sink_;
  std::optional<telemetry::AccessLog> access_log_;
  rt::Timer flush_;
  gateway::Handler handler_;
  http::Server server_;
};

}  // namespace fairway::apps
