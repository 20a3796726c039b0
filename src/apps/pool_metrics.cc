#include "apps/pool_metrics.h"

#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace fairway::apps {
namespace {

using obs::Kind;
using Emit = obs::Registry::EmitSeries;
using Pools = std::function<std::vector<const data::Pool*>()>;

constexpr size_t kMaxPoolSeries = 64;

class Families {
 public:
  Families(obs::Registry& registry, Pools pools) : registry_(registry), pools_(std::move(pools)) {}

  // One gauge a pool.
  void AddPerPool(const char* name, const char* help,
                  std::function<double(const data::Pool&)> read) {
    registry_.AddCallbackFamily(
        Kind::kGauge,
        {.name = name, .help = help, .labels = {"pool"}, .max_series = kMaxPoolSeries},
        [pools = pools_, read = std::move(read)](const Emit& emit) {
          for (const data::Pool* pool : pools()) {
            const std::array<std::string_view, 1> labels = {pool->name};
            emit(labels, read(*pool));
          }
        });
  }

  // One gauge an endpoint.
  void AddPerEndpoint(const char* name, const char* help,
                      std::function<double(const data::Pool&, const model::Endpoint&)> read) {
    registry_.AddCallbackFamily(
        Kind::kGauge,
        {.name = name, .help = help, .labels = {"pool", "endpoint"}, .max_series = data::kMaxSlots},
        [pools = pools_, read = std::move(read)](const Emit& emit) {
          for (const data::Pool* pool : pools()) {
            const auto members = pool->table.members().Copy();
            for (const model::Endpoint& endpoint : members->endpoints()) {
              const std::array<std::string_view, 2> labels = {pool->name, endpoint.name};
              emit(labels, read(*pool, endpoint));
            }
          }
        });
  }

 private:
  obs::Registry& registry_;
  const Pools pools_;
};

}  // namespace

void AddPoolMetrics(obs::Registry& registry, Pools pools) {
  Families families(registry, std::move(pools));
  families.AddPerPool(
      "fairway_endpoints", "Model servers in the pool.",
      [](const data::Pool& pool) { return static_cast<double>(pool.table.size()); });
  families.AddPerPool("fairway_endpoints_limit", "Model servers the pool can hold.",
                      [](const data::Pool&) { return static_cast<double>(data::kMaxSlots); });
  families.AddPerEndpoint("fairway_endpoint_in_flight_requests",
                          "Requests of ours in progress at the server.",
                          [](const data::Pool& pool, const model::Endpoint& endpoint) {
                            return static_cast<double>(pool.in_flight.Requests(endpoint.id.slot));
                          });
  families.AddPerEndpoint(
      "fairway_endpoint_in_flight_tokens",
      "Prompt tokens of ours that the server has not processed yet (estimate).",
      [](const data::Pool& pool, const model::Endpoint& endpoint) {
        return static_cast<double>(pool.in_flight.Read(endpoint.id.slot).tokens);
      });
  families.AddPerEndpoint("fairway_endpoint_failures_in_a_row",
                          "Failed attempts since the last success; five eject the server.",
                          [](const data::Pool& pool, const model::Endpoint& endpoint) {
                            return pool.health.Read(endpoint.id, {}).failures_in_a_row;
                          });
  families.AddPerEndpoint("fairway_endpoint_ejections",
                          "How often the server was taken out since it joined.",
                          [](const data::Pool& pool, const model::Endpoint& endpoint) {
                            return static_cast<double>(pool.health.Read(endpoint.id, {}).ejections);
                          });
}

}  // namespace fairway::apps
