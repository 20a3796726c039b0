#include "sources/model_discovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "inference/models.h"
#include "obs/log.h"

namespace fairway::sources {
namespace {

obs::Counter& OutcomeCounter(obs::Registry& registry, std::string_view outcome) {
  return registry
      .AddCounterFamily({.name = "fairway_model_discoveries_total",
                         .help = "Questions to model servers what they serve, by outcome.",
                         .labels = {"outcome"}})
      .With(outcome);
}

}  // namespace

DiscoveryMetrics::DiscoveryMetrics(obs::Registry& registry)
    : ok(OutcomeCounter(registry, "ok")), failed(OutcomeCounter(registry, "failed")) {}

ModelDiscovery::ModelDiscovery(data::Pool& pool, http::Pool& connections, obs::Registry& registry,
                               DiscoveryOptions options)
    : pool_(pool),
      connections_(connections),
      options_(std::move(options)),
      metrics_(registry),
      rng_(options_.seed),
      publish_([this] { pool_.Publish(); }),
      tasks_(
          connections.loop(), pool.table.members(),
          [this](std::shared_ptr<Target> target) { return Watch(std::move(target)); },
          [this](Target& target) { Hurry(target); }) {}

// A server that refuses what it told is asked at once, but not for every such answer.
void ModelDiscovery::Hurry(Target& target) {
  if (connections_.loop().Now() - target.asked < options_.first_retry) return;
  if (pool_.doubts.Take(target.endpoint.id)) target.wake.Set();
}

rt::Task<void> ModelDiscovery::Stop() {
  publish_.Stop();
  return tasks_.Stop();
}

rt::Task<void> ModelDiscovery::Watch(std::shared_ptr<Target> target) {
  base::Duration retry = options_.first_retry;
  while (!target->gone) {
    target->asked = connections_.loop().Now();
    const base::Status status = co_await Ask(*target);
    if (target->gone) break;
    base::Duration pause = options_.interval;
    if (status.ok()) {
      metrics_.ok.Add();
      retry = options_.first_retry;
    } else {
      metrics_.failed.Add();
      if (!target->failing) {
        obs::Log(obs::Level::kWarning, "cannot learn which models it serves",
                 {{"endpoint", target->endpoint.name}, {"why", status.ToString()}});
      }
      pause = std::exchange(retry, std::min(retry * 2, options_.slowest_retry));
    }
    target->failing = !status.ok();
    // Spread, so that servers that joined together are not asked together for ever.
    pause = std::chrono::duration_cast<base::Duration>(pause * (0.9 + 0.2 * rng_.Unit()));
    co_await target->wake.WaitFor(pause);
    if (!target->gone) target->wake.Reset();
  }
}

rt::Task<base::Status> ModelDiscovery::Ask(Target& target) {
  const std::string path = target.endpoint.url_prefix + options_.path;
  const http::FetchRequest request{
      .path = path, .host = target.endpoint.authority, .authorization = options_.authorization};
  const http::FetchLimits limits{.max_bytes = options_.max_bytes, .timeout = options_.timeout};
  // Named: g++ 12 destroys a braced temporary within a co_await twice.
  net::Address address{target.endpoint.ip, target.endpoint.port, target.endpoint.tls_name,
                       target.endpoint.alpn};
  const auto response = co_await http::Fetch(connections_, std::move(address), request, limits);
  if (target.gone) co_return base::Status();
  if (!response.ok()) co_return response.status();
  if (response->status != 200) {
    co_return base::Status(base::Code::kUnavailable,
                           "HTTP status " + std::to_string(response->status));
  }
  co_return Take(target, response->body);
}

base::Status ModelDiscovery::Take(Target& target, std::string_view page) {
  std::vector<inference::ServedModel> served = TRY(inference::ParseModels(page));
  std::vector<std::string> models;
  std::vector<model::Adapter> adapters;
  for (inference::ServedModel& one : served) {
    if (one.is_adapter()) {
      adapters.push_back({.name = std::move(one.id), .parent = std::move(one.parent)});
    } else {
      models.push_back(std::move(one.id));
    }
  }
  const size_t model_count = models.size();
  const size_t adapter_count = adapters.size();
  const auto change =
      TRY(pool_.table.SetServed(target.endpoint.id, std::move(models), std::move(adapters)));
  if (change == data::EndpointTable::Change::kNone) return {};
  obs::Log(
      obs::Level::kInfo, "learned which models it serves",
      {{"endpoint", target.endpoint.name}, {"models", model_count}, {"adapters", adapter_count}});
  if (!publish_.armed()) connections_.loop().Start(publish_, options_.publish_delay);
  return {};
}

bool AnyReady(const data::Pool& pool) {
  const auto members = pool.table.members().Copy();
  return std::ranges::any_of(members->endpoints(), [](const model::Endpoint& endpoint) {
    return !endpoint.models.empty() || !endpoint.adapters.empty();
  });
}

}  // namespace fairway::sources
