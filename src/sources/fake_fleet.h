#pragma once
// Some FakeServers at 10.0.0.1:8000, 10.0.0.2:8000, ... in a simulated network, and a pool that has
// them as members. For tests only.

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "data/pool.h"
#include "http/pool.h"
#include "net/sim_network.h"
#include "net/sim_world.h"
#include "obs/metrics.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "sources/fake_server.h"

namespace fairway::sources {

class FakeFleet {
 public:
  explicit FakeFleet(int servers) {
    for (int i = 0; i < servers; ++i) {
      networks_.emplace_back(world, Ip(i));
      servers_.emplace_back(networks_.back(), net::Address{Ip(i), 8000});
      Add(i);
    }
    pool.Publish();
  }
  ~FakeFleet() {
    for (FakeServer& server : servers_) Run(server.Stop());
  }
  FakeFleet(const FakeFleet&) = delete;
  FakeFleet& operator=(const FakeFleet&) = delete;

  FakeServer& server(size_t i) { return servers_[i]; }
  model::EndpointId id(size_t i) const { return ids_[i]; }
  net::Address address(int i) const { return {Ip(i), 8000}; }
  // Makes server i a member, as another one than it was before.
  void Add(int i, std::string prefix = "") {
    const auto id =
        pool.table.Add({.ip = Ip(i), .port = 8000, .url_prefix = std::move(prefix), .labels = {}});
    CHECK(id.ok());
    ids_.resize(std::max(ids_.size(), static_cast<size_t>(i) + 1));
    ids_[static_cast<size_t>(i)] = *id;
  }
  data::Load Load(size_t i) { return pool.loads.Read(ids_[i], loop.Now()); }

  void RunFor(base::Duration duration) { loop.RunFor(duration); }
  // Runs a task to its end.
  void Run(rt::Task<void> task) {
    rt::Gate gate(loop);
    rt::Spawn(std::move(task), gate);
    CHECK(loop.RunUntil([&gate] { return gate.running() == 0; }, std::chrono::seconds(30)));
  }
  std::string Metrics() const {
    std::string page;
    registry.Render(page);
    return page;
  }

  rt::SimLoop loop;
  net::SimWorld world{loop};
  net::SimNetwork network{world, "10.1.0.1"};
  http::Pool connections{network};
  obs::Registry registry;
  data::Pool pool{"default"};

 private:
  static std::string Ip(int i) { return "10.0.0." + std::to_string(i + 1); }

  std::deque<net::SimNetwork> networks_;
  std::deque<FakeServer> servers_;
  std::vector<model::EndpointId> ids_;
};

// A page like a vLLM's.
inline std::string MetricsPage(int running, int waiting, double kv, int64_t tokens) {
  return "vllm:num_requests_running{engine=\"0\"} " + std::to_string(running) +
         "\nvllm:num_requests_waiting{engine=\"0\"} " + std::to_string(waiting) +
         "\nvllm:kv_cache_usage_perc{engine=\"0\"} " + std::to_string(kv) +
         "\nvllm:generation_tokens_total{engine=\"0\"} " + std::to_string(tokens) + "\n";
}

}  // namespace fairway::sources
