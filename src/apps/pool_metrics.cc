#include "apps/pool_metrics.h"

#include <array>
#include <functional>

namespace fairway::apps {
namespace {

using obs::Kind;
using Emit = obs::Registry::EmitSeries;

// One gauge an endpoint; `read` may leave a series out by not emitting it.
void AddPerEndpoint(
    obs::Registry& registry, data::Pool& pool, const char* name, const char* help,
    std::function<void(const model::Endpoint&, const std::function<void(double)>&)> read) {
  registry.AddCallbackFamily(
      Kind::kGauge,
      {.name = name, .help = help, .labels = {"endpoint"}, .max_series = data::kMaxSlots},
      [&pool, read = std::move(read)](const Emit& emit) {
        for (const model::Endpoint& endpoint : pool.table.members().Copy()->endpoints()) {
          read(endpoint, [&](double value) {
            const std::array<std::string_view, 1> labels = {endpoint.name};
            emit(labels, value);
          });
        }
      });
}

}  // namespace

PoolMetrics::PoolMetrics(obs::Registry& registry, data::Pool& pool) {
  registry.AddCallback(Kind::kGauge, "fairway_endpoints", "Model servers in the pool.",
                       [&pool] { return static_cast<double>(pool.table.size()); });
  registry.AddCallback(Kind::kGauge, "fairway_endpoints_limit", "Model servers the pool can hold.",
                       [] { return static_cast<double>(data::kMaxSlots); });
  AddPerEndpoint(registry, pool, "fairway_endpoint_in_flight_requests",
                 "Requests of ours in progress at the server.",
                 [&pool](const model::Endpoint& endpoint, const auto& emit) {
                   emit(static_cast<double>(pool.in_flight.Requests(endpoint.id.slot)));
                 });
  AddPerEndpoint(registry, pool, "fairway_endpoint_in_flight_tokens",
                 "Prompt tokens of ours that the server has not processed yet (estimate).",
                 [&pool](const model::Endpoint& endpoint, const auto& emit) {
                   emit(static_cast<double>(pool.in_flight.Read(endpoint.id.slot).tokens));
                 });
  AddPerEndpoint(registry, pool, "fairway_endpoint_failures_in_a_row",
                 "Failed attempts since the last success; five eject the server.",
                 [&pool](const model::Endpoint& endpoint, const auto& emit) {
                   emit(pool.health.Read(endpoint.id, {}).failures_in_a_row);
                 });
  AddPerEndpoint(registry, pool, "fairway_endpoint_ejections",
                 "How often the server was taken out since it joined.",
                 [&pool](const model::Endpoint& endpoint, const auto& emit) {
                   emit(static_cast<double>(pool.health.Read(endpoint.id, {}).ejections));
                 });
}

}  // namespace fairway::apps
