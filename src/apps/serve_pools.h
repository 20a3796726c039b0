#pragma once
// All pools of `serve`, as the configuration in effect has them. Invariant: a new configuration is
// taken whole or not at all. Lives on the control loop.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/serve_config.h"
#include "apps/serve_pool.h"
#include "director/pools.h"
#include "rt/gate.h"

namespace fairway::apps {

class ServePools final {
 public:
  explicit ServePools(ServePoolParts parts);
  ServePools(const ServePools&) = delete;
  ServePools& operator=(const ServePools&) = delete;

  // Pools that stay keep all that is known of their servers; those that are gone are stopped while
  // their requests finish. On failure nothing changed.
  base::Status Apply(const ServeConfig& config);

  // For the workers: pools, and which model leads to which. Apply succeeded before.
  director::Pools routes() const { return routes_; }
  std::vector<const data::Pool*> data() const;
  // Null if there is none of that name.
  data::Pool* Find(std::string_view name);
  size_t size() const { return order_.size(); }

  bool Ready() const;
  void CheckHealth();
  rt::Task<void> Stop();

 private:
  rt::Task<void> Retire(std::unique_ptr<ServePool> pool);

  const ServePoolParts parts_;
  std::map<std::string, std::unique_ptr<ServePool>> pools_;
  std::vector<ServePool*> order_;  // of the configuration
  director::Pools routes_;
  rt::Gate gate_;
};

}  // namespace fairway::apps
