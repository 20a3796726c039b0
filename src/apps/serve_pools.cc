#include "apps/serve_pools.h"

#include <algorithm>
#include <utility>

#include "obs/log.h"

namespace fairway::apps {
namespace {

director::Pools RoutesOf(const ServeConfig& config, const std::vector<ServePool*>& order,
                         const ServePoolParts& parts) {
  director::Pools routes;
  routes.sessions = parts.sessions;
  for (const ServePool* pool : order) routes.brains.push_back(pool->brain());
  for (const ModelSettings& model : config.flags.models) {
    size_t index = 0;
    while (index < order.size() && order[index]->data().name != model.pool) ++index;
    if (model.pool.empty()) index = 0;
    CHECK(index < order.size());  // as the configuration was checked
    routes.models.emplace(model.name, index);
    for (const std::string& adapter : model.adapters) {
      routes.models.emplace(adapter, index);
      routes.adapters.emplace(adapter, model.name);
    }
    for (const RewriteSettings& target : model.rewrites) {
      routes.rewrites[model.name].push_back(
          {.model = target.model, .weight = static_cast<uint32_t>(target.weight)});
    }
  }
  return routes;
}

}  // namespace

ServePools::ServePools(ServePoolParts parts) : parts_(std::move(parts)), gate_(parts_.loop) {}

base::Status ServePools::Apply(const ServeConfig& config) {
  // What can fail comes first, on pools that nobody uses yet.
  std::map<std::string, std::unique_ptr<ServePool>> added;
  std::vector<sched::PickerConfig> pickers;
  std::vector<ServePool*> order;
  for (const PoolConfig& pool : config.pools) {
    const auto known = pools_.find(pool.name);
    if (known == pools_.end())
      added.emplace(pool.name, std::make_unique<ServePool>(parts_, pool.name));
    ServePool& serves = known == pools_.end() ? *added.at(pool.name) : *known->second;
    pickers.push_back(TRY(MakePicker(pool, serves.learned())));
    order.push_back(&serves);
  }
  pools_.merge(added);
  order_ = std::move(order);
  for (size_t i = 0; i < order_.size(); ++i) order_[i]->Use(config.pools[i], pickers[i]);
  routes_ = RoutesOf(config, order_, parts_);
  for (auto& [name, pool] : pools_) {
    if (std::ranges::find(order_, pool.get()) == order_.end())
      rt::Spawn(Retire(std::move(pool)), gate_);
  }
  std::erase_if(pools_, [](const auto& entry) { return entry.second == nullptr; });
  return {};
}

rt::Task<void> ServePools::Retire(std::unique_ptr<ServePool> pool) {
  obs::Log(obs::Level::kInfo, "pool leaves", {{"pool", pool->data().name}});
  co_await pool->Stop();
}

std::vector<const data::Pool*> ServePools::data() const {
  std::vector<const data::Pool*> pools;
  for (const ServePool* pool : order_) pools.push_back(&pool->data());
  return pools;
}

data::Pool* ServePools::Find(std::string_view name) {
  for (ServePool* pool : order_) {
    if (pool->data().name == name) return &pool->data();
  }
  return nullptr;
}

bool ServePools::Ready() const {
  return std::ranges::any_of(order_, [](const ServePool* pool) { return pool->Ready(); });
}

void ServePools::CheckHealth() {
  for (ServePool* pool : order_) pool->CheckHealth();
}

rt::Task<void> ServePools::Stop() {
  for (ServePool* pool : order_) co_await pool->Stop();
  co_await gate_.Drained();
}

}  // namespace fairway::apps
