#include "apps/serve_worker.h"

#include <utility>

namespace fairway::apps {
namespace {

http::ServerOptions ServerOptionsFrom(const ServeFlags& flags) {
  http::ServerOptions options;
  options.connections = flags.max_connections;
  return options;
}

gateway::Options With(gateway::Options options, const std::string& authorization) {
  options.upstream_authorization = authorization;
  return options;
}

}  // namespace

ServeWorker::ServeWorker(net::Network& network, const ServeShared& shared, uint64_t seed)
    : loop_(network.loop()),
      authorization_(shared.credentials.upstream_authorization()),
      director_(shared.pools,
                {.records = shared.flags.decision_records / shared.workers, .seed = seed}),
      flush_([this] { FlushLog(); }),
      handler_({.network = network,
                .director = director_,
                .observer = *this,
                .registry = shared.registry,
                .options = With(shared.flags.gateway, authorization_),
                .seed = seed + 1}),
      server_(network, handler_, ServerOptionsFrom(shared.flags)) {
  if (shared.access_log == nullptr) return;
  sink_.emplace(*shared.access_log, obs::LineSinkMetrics(shared.registry, "access"));
  access_log_.emplace(*sink_);
  loop_.Start(flush_, obs::LineSink::kFlushInterval);
}

base::Status ServeWorker::Listen(const net::Address& at) {
  return server_.Listen(at, net::PortSharing::kSharedByWorkers);
}

void ServeWorker::Use(director::Pools pools, const gateway::Options& options) {
  director_.Use(std::move(pools));
  handler_.Use(With(options, authorization_));
}

void ServeWorker::FlushLog() {
  sink_->Flush();
  loop_.Start(flush_, obs::LineSink::kFlushInterval);
}

void ServeWorker::OnFinished(const gateway::RequestSummary& request) {
  if (!access_log_) return;
  telemetry::AccessRecord record{
      .at = request.at,
      .request_id = request.request_id,
      .client = request.client,
      .method = request.method,
      .path = request.path,
      .status = request.status,
      .reason = request.reason == "none" ? std::string_view() : request.reason,
      .endpoint = request.endpoint,
      .model = request.model,
      .stream = request.stream,
      .bytes_in = request.bytes_in,
      .bytes_out = request.bytes_out,
      .duration = request.duration,
      .ttft = request.first_byte,
      .pick = request.pick,
      .retries = request.attempts > 0 ? request.attempts - 1 : 0,
  };
  if (request.usage) {
    record.input_tokens = request.usage->prompt_tokens;
    record.output_tokens = request.usage->completion_tokens;
    record.cached_tokens = request.usage->cached_tokens;
  }
  access_log_->Write(record);
}

}  // namespace fairway::apps
