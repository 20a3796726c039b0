#include "apps/serve_pool.h"

#include <utility>

#include "obs/log.h"

namespace fairway::apps {
namespace {

sources::EngineChoice EnginesOf(const sched::HostNeeds& needs) {
  return {.engines = std::make_shared<const sources::Engines>(needs.engines),
          .fallback = needs.default_engine,
          .label_key = needs.engine_label_key};
}

}  // namespace

ServePool::ServePool(const ServePoolParts& parts, std::string name)
    : parts_(parts),
      held_(std::make_shared<Held>(std::move(name))),
      membership_(parts.loop, held_->data, parts.registry) {}

void ServePool::Use(const PoolConfig& config, const sched::PickerConfig& picker) {
  if (held_->brain) {
    held_->brain->Use(picker.profile);
  } else {
    held_->brain.emplace(held_->data, picker.profile);
  }
  Find(config);
  if (!discovery_) return Start(picker.needs);
  scraper_->Use(EnginesOf(picker.needs));
}

void ServePool::Find(const PoolConfig& config) {
  if (config.file.empty()) {
    file_.reset();
    return membership_.Replace(config.entries);
  }
  if (file_ != nullptr && file_->path() == config.file) return;  // it is followed already
  file_ =
      std::make_unique<sources::EndpointsFile>(parts_.files, config.file, parts_.registry,
                                               [this](std::vector<sources::EndpointEntry> entries) {
                                                 membership_.Replace(std::move(entries));
                                               });
  // It was good when the configuration was checked; if it is not any more, it is still followed.
  if (const base::Status read = file_->Start(); !read.ok()) {
    obs::Log(obs::Level::kError, "cannot read an endpoints file; it is followed all the same",
             {{"pool", held_->data.name}, {"why", read.message()}});
  }
}

void ServePool::Start(const sched::HostNeeds& needs) {
  sources::DiscoveryOptions asking{.authorization = parts_.authorization};
  if (!needs.models_path.empty()) asking.path = needs.models_path;
  sources::ScraperOptions scraping{.pace = parts_.pace, .authorization = parts_.authorization};
  if (!needs.metrics_path.empty()) scraping.path = needs.metrics_path;
  if (needs.metrics_interval) scraping.pace.fastest = *needs.metrics_interval;
  scraping.port = needs.metrics_port;
  scraping.engines = EnginesOf(needs);
  discovery_.emplace(held_->data, parts_.connections, parts_.registry, std::move(asking));
  scraper_.emplace(held_->data, parts_.connections, parts_.registry, std::move(scraping));
  discovery_->Start();
  scraper_->Start();
}

rt::Task<void> ServePool::Stop() {
  file_.reset();
  if (!discovery_) co_return;
  co_await discovery_->Stop();
  co_await scraper_->Stop();
}

// A server that holds requests and moves nothing.
void ServePool::CheckHealth() {
  data::Pool& pool = held_->data;
  for (const model::EndpointId id : pool.health.FindHung(pool.in_flight, parts_.loop.Now())) {
    obs::Log(obs::Level::kWarning, "model server hangs, taken out",
             {{"pool", pool.name}, {"endpoint", pool.table.NameOf(id)}});
  }
}

}  // namespace fairway::apps
