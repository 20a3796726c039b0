#pragma once
// Asks every endpoint of a pool which models it serves (GET /v1/models): at once when it joins,
// again each 10 s, at once when it refused a model that it had told (data/model_doubts.h), and
// while it does not answer each 1 s, backing off to 10 s. Lives on the control loop.
//
// An endpoint that has not told yet is a member that serves nothing. One that told and then falls
// silent keeps what it told: whether it still works is what requests to it show.

#include <chrono>
#include <memory>
#include <string>

#include "base/rng.h"
#include "data/pool.h"
#include "http/fetch.h"
#include "http/pool.h"
#include "obs/metrics.h"
#include "sources/member_tasks.h"

namespace fairway::sources {

struct DiscoveryOptions {
  base::Duration interval = std::chrono::seconds(10);
  base::Duration first_retry = std::chrono::seconds(1);
  base::Duration slowest_retry = std::chrono::seconds(10);
  base::Duration timeout = std::chrono::seconds(2);
  // Answers that come together are published together: each publication copies the whole set.
  base::Duration publish_delay = std::chrono::milliseconds(5);
  std::string path = "/v1/models";  // after the endpoint's own prefix
  size_t max_bytes = 1024 * 1024;
  uint64_t seed = 2;               // of the jitter
  std::string authorization = {};  // the field sent; empty: none. A secret
};

struct DiscoveryMetrics {
  explicit DiscoveryMetrics(obs::Registry& registry);
  obs::Counter& ok;
  obs::Counter& failed;
};

class ModelDiscovery final {
 public:
  // All of them outlive it. `connections` is of the control loop.
  ModelDiscovery(data::Pool& pool, http::Pool& connections, obs::Registry& registry,
                 DiscoveryOptions options = {});
  ModelDiscovery(const ModelDiscovery&) = delete;
  ModelDiscovery& operator=(const ModelDiscovery&) = delete;

  void Start() { tasks_.Start(); }
  // Takes up to 2 s if a server hangs. Then it can be destroyed.
  rt::Task<void> Stop();

 private:
  struct Target : Member {
    using Member::Member;
    bool failing = false;
    base::TimePoint asked{};
  };

  void Hurry(Target& target);

  rt::Task<void> Watch(std::shared_ptr<Target> target);
  // Whether it answered and what it said was taken.
  rt::Task<base::Status> Ask(Target& target);
  base::Status Take(Target& target, std::string_view page);

  data::Pool& pool_;
  http::Pool& connections_;
  const DiscoveryOptions options_;
  DiscoveryMetrics metrics_;
  base::Rng rng_;
  rt::Timer publish_;
  MemberTasks<Target> tasks_;
};

// Whether some member has told what it serves: before that no request can be placed. Any thread.
bool AnyReady(const data::Pool& pool);

}  // namespace fairway::sources
