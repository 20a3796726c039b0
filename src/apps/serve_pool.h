#pragma once
// One pool of model servers as `serve` runs it: what is known of them, and the sources that find
// out. Lives on the control loop; workers read its data::Pool.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/pool_metrics.h"
#include "base/status.h"
#include "data/pool.h"
#include "director/brain.h"
#include "http/pool.h"
#include "obs/metrics.h"
#include "rt/task.h"
#include "sources/membership.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"

namespace fairway::apps {

class ServePool final {
 public:
  // All of them outlive it. `connections` is of the control loop. `authorization` is the field that
  // its servers are asked with; empty: none.
  ServePool(std::string name, rt::Loop& loop, http::Pool& connections, obs::Registry& registry,
            std::string authorization);
  ServePool(const ServePool&) = delete;
  ServePool& operator=(const ServePool&) = delete;

  // Whose servers they are; kInvalid, telling every bad URL. Once, before Start.
  base::Status Configure(const std::vector<std::string>& urls);
  // Finds the members and begins to ask them. Cannot fail.
  void Start(const sources::PaceOptions& pace = {});
  // Then it can be destroyed.
  rt::Task<void> Stop();
  // Once a second: what no single request can see.
  void CheckHealth();

  // Whether some member has told what it serves.
  bool Ready() const { return sources::AnyReady(data_); }
  data::Pool& data() { return data_; }
  director::Brain& brain() { return brain_; }

 private:
  rt::Loop& loop_;
  http::Pool& connections_;
  obs::Registry& registry_;
  const std::string authorization_;
  data::Pool data_;
  director::Brain brain_;
  PoolMetrics metrics_;
  sources::Membership membership_;
  std::vector<sources::EndpointEntry> entries_;  // until Start
  std::optional<sources::ModelDiscovery> discovery_;
  std::optional<sources::Scraper> scraper_;
};

}  // namespace fairway::apps
