#include "admin/endpoints_json.h"

#include "json/writer.h"

namespace fairway::admin {
namespace {

// A figure that the server did not tell, or told too long ago, is null: never 0.
void Figure(std::string_view key, float figure, json::Writer& to) {
  to.Key(key);
  if (data::Known(figure)) {
    to.Value(figure);
  } else {
    to.Value(nullptr);
  }
}

void WriteReported(const data::Pool& pool, model::EndpointId id, base::TimePoint now,
                   json::Writer& to) {
  const data::Load load = pool.loads.Read(id, now);
  to.Key("reported").BeginObject();
  Figure("waiting", load.waiting, to);
  Figure("running", load.running, to);
  Figure("kv_usage", load.kv_usage, to);
  to.Key("age_ms");
  if (const auto at = pool.loads.ReportedAt(id)) {
    to.Value(base::Milliseconds(now - *at));
  } else {
    to.Value(nullptr);
  }
  to.Member("block_size_tokens", pool.loads.BlockSizeTokens(id));
  to.Member("kv_blocks", pool.loads.KvBlocks(id));
  to.EndObject();
}

void WriteHealth(const data::Pool& pool, model::EndpointId id, base::TimePoint now,
                 json::Writer& to) {
  const data::Health::Reading health = pool.health.Read(id, now);
  to.Key("health").BeginObject();
  to.Member("standing", data::StandingName(health.standing));
  to.Member("reason", data::EjectReasonName(health.reason));
  if (health.standing == data::Standing::kEjected)
    to.Member("back_in_ms", base::Milliseconds(health.until - now));
  to.Member("failures_in_a_row", health.failures_in_a_row);
  to.Member("ejections", health.ejections);
  to.EndObject();
}

void WriteEndpoint(const data::Pool& pool, const model::Endpoint& endpoint, base::TimePoint now,
                   json::Writer& to) {
  to.BeginObject();
  to.Member("endpoint", endpoint.name);
  to.Member("pool", pool.name);
  to.Key("models").BeginArray();
  for (const std::string& name : endpoint.models) to.Value(name);
  to.EndArray();
  to.Key("adapters").BeginArray();
  for (const model::Adapter& adapter : endpoint.adapters) to.Value(adapter.name);
  to.EndArray();
  const data::InFlight::Totals ours = pool.in_flight.Read(endpoint.id.slot);
  to.Key("in_flight").BeginObject();
  to.Member("requests", ours.requests);
  to.Member("tokens", ours.tokens);
  to.Member("bytes", ours.bytes);
  to.EndObject();
  WriteReported(pool, endpoint.id, now, to);
  WriteHealth(pool, endpoint.id, now, to);
  to.EndObject();
}

}  // namespace

std::string RenderEndpoints(std::span<const data::Pool* const> pools, base::TimePoint now) {
  std::string page;
  json::Writer to(page);
  to.BeginObject().Key("pools").BeginArray();
  for (const data::Pool* pool : pools) {
    const auto set = pool->table.members().Copy();
    to.BeginObject();
    to.Member("pool", pool->name);
    to.Member("membership_version", set->version());
    to.Member("endpoints", set->endpoints().size());
    to.EndObject();
  }
  to.EndArray().Key("endpoints").BeginArray();
  for (const data::Pool* pool : pools) {
    const auto set = pool->table.members().Copy();
    for (const model::Endpoint& endpoint : set->endpoints())
      WriteEndpoint(*pool, endpoint, now, to);
  }
  to.EndArray().EndObject();
  page += '\n';
  return page;
}

}  // namespace fairway::admin
