#pragma once
// One pool of model servers as `serve` runs it: what is known of them, what decides among them, and
// the sources that find out. Lives on the control loop; workers see its director::Brain.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/serve_config.h"
#include "data/pool.h"
#include "director/brain.h"
#include "http/pool.h"
#include "obs/metrics.h"
#include "rt/files.h"
#include "rt/task.h"
#include "sources/endpoints_file.h"
#include "sources/membership.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"

namespace fairway::apps {

// What every pool stands on; all of it outlives them. `connections` is of the control loop,
// `authorization` the field that model servers are asked with (empty: none).
struct ServePoolParts {
  rt::Loop& loop;
  rt::Files& files;
  http::Pool& connections;
  obs::Registry& registry;
  std::string authorization;
  std::shared_ptr<const identity::SessionTokens> sessions;
  sources::PaceOptions pace;  // of scraping
};

class ServePool final {
 public:
  ServePool(const ServePoolParts& parts, std::string name);
  ServePool(const ServePool&) = delete;
  ServePool& operator=(const ServePool&) = delete;

  // Where plugins keep what they learn; for making this pool's picker.
  data::Learned& learned() { return held_->data.learned; }
  // Decides by this from the next request on, and takes its servers from there. The first time, it
  // also begins to ask them.
  void Use(const PoolConfig& config, const sched::PickerConfig& picker);

  // Then it can be destroyed. Requests in progress keep what they need.
  rt::Task<void> Stop();
  // Once a second: what no single request can see.
  void CheckHealth();

  // Whether some member has told what it serves.
  bool Ready() const { return sources::AnyReady(held_->data); }
  data::Pool& data() { return held_->data; }
  const data::Pool& data() const { return held_->data; }
  // Use was called.
  std::shared_ptr<const director::Brain> brain() const { return {held_, &*held_->brain}; }

 private:
  // Shared with the requests that go through the pool.
  struct Held {
    explicit Held(std::string name) : data(std::move(name)) {}
    data::Pool data;
    std::optional<director::Brain> brain;
  };

  void Find(const PoolConfig& config);
  void Start(const sched::HostNeeds& needs);

  const ServePoolParts parts_;
  const std::shared_ptr<Held> held_;
  sources::Membership membership_;
  std::unique_ptr<sources::EndpointsFile> file_;
  std::optional<sources::ModelDiscovery> discovery_;
  std::optional<sources::Scraper> scraper_;
};

}  // namespace fairway::apps
