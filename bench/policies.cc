// Which policy of picking servers gives which latency and how much cache, in virtual time: the
// whole gateway, eight simulated servers and the load generator on one SimLoop, so that a run is
// exact and repeats. One JSON line. bench/policies.py calls it and writes the table.
//
//   bench_policies WORKLOAD POLICY RATE REQUESTS [TRACE]
//
// WORKLOAD: prefixes (groups with shared system prompts, three turns) or trace.
// POLICY: see PolicyYaml; a file with `plugins` and `schedulingProfiles`; or "infinite": one server
// with an endless cache and endless speed, whose hit rate is the most that any could give; or
// "pooled": the same with as many KV blocks as all servers together, about the most that a fleet of
// this size could give.
// RATE: sessions a second (Poisson); 0: a closed loop of 512, which gives capacity.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "config/yaml.h"
#include "director/brain.h"
#include "director/worker.h"
#include "gateway/handler.h"
#include "http/server.h"
#include "loadgen/load.h"
#include "modelsim/profile.h"
#include "modelsim/server.h"
#include "net/sim_network.h"
#include "plugins/catalogue.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "sched/profile.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"

namespace fairway {
namespace {

using namespace std::chrono_literals;

constexpr size_t kServers = 8;
constexpr base::Duration kPatience = 24h;

std::string PolicyYaml(const std::string& policy) {
  if (policy == "default") return std::string(sched::ServeDefaultConfig());
  if (policy == "random") return "plugins: [{type: random-picker}]\n";
  if (policy == "round-robin") return "plugins: [{type: round-robin-picker}]\n";
  if (policy == "least-requests")
    return "plugins: [{type: active-request-scorer}, {type: max-score-picker}]\n";
  std::ifstream file(policy);
  return {std::istreambuf_iterator<char>(file), {}};
}

modelsim::Profile EndlessProfile(uint32_t blocks) {
  modelsim::Profile profile = modelsim::InstantProfile();
  profile.enable_prefix_caching = true;
  profile.num_gpu_blocks = blocks;
  return profile;
}

class Silent final : public gateway::Observer {
 public:
  void OnFinished(const gateway::RequestSummary&) override {}
};

class Fleet {
 public:
  Fleet(std::shared_ptr<const sched::Profile> policy, data::Pool& pool, size_t servers,
        const modelsim::Profile& profile)
      : brain_(pool, std::move(policy)),
        director_(brain_, {.records = 64, .seed = 1}),
        handler_({.network = gateway_,
                  .director = director_,
                  .observer = observer_,
                  .registry = registry_,
                  .options = {},
                  .seed = 1}),
        front_(gateway_, handler_),
        control_(gateway_),
        discovery_(pool, control_, registry_),
        scraper_(pool, control_, registry_),
        gate_(loop_) {
    for (size_t i = 0; i < servers; ++i) {
      modelsim::Profile own = profile;
      own.seed = i + 1;
      modelsim::ModelServerOptions options;
      options.model = "m";
      servers_.push_back(
          std::make_unique<modelsim::ModelServer>(backend_, own, std::move(options)));
      CHECK(servers_.back()->Listen({"10.0.1.1", 0}).ok());
      const net::Address& at = servers_.back()->local();
      CHECK(pool.table.Add({.ip = at.ip, .port = at.port}).ok());
    }
    pool.Publish();
    discovery_.Start();
    scraper_.Start();
    CHECK(front_.Listen({"10.0.0.1", 0}, net::PortSharing::kExclusive).ok());
    CHECK(loop_.RunUntil([&] { return sources::AnyReady(pool); }, 1min));
    loop_.RunFor(2s);
  }

  ~Fleet() {
    auto stop = [this]() -> rt::Task<void> {
      co_await front_.Stop();
      co_await discovery_.Stop();
      co_await scraper_.Stop();
      for (const auto& server : servers_) co_await server->Stop();
    };
    rt::Spawn(stop(), gate_);
    CHECK(loop_.RunUntil([this] { return gate_.running() == 0; }, kPatience));
  }

  loadgen::LoadReport Run(loadgen::LoadOptions options) {
    options.targets = {front_.local()};
    std::optional<base::Result<loadgen::LoadReport>> report;
    auto run = [&]() -> rt::Task<void> {
      report.emplace(co_await loadgen::Run(client_, std::move(options)));
    };
    rt::Spawn(run(), gate_);
    CHECK(loop_.RunUntil([&] { return report.has_value(); }, kPatience));
    CHECK(report->ok());
    return **std::move(report);
  }

 private:
  rt::SimLoop loop_;
  net::SimWorld wires_{loop_};
  net::SimNetwork gateway_{wires_, "10.0.0.1"};
  net::SimNetwork client_{wires_, "10.0.0.2"};
  net::SimNetwork backend_{wires_, "10.0.1.1"};
  obs::Registry registry_;
  Silent observer_;
  director::Brain brain_;
  director::Worker director_;
  gateway::Handler handler_;
  http::Server front_;
  http::Pool control_;
  sources::ModelDiscovery discovery_;
  sources::Scraper scraper_;
  std::vector<std::unique_ptr<modelsim::ModelServer>> servers_;
  rt::Gate gate_;
};

loadgen::LoadOptions LoadFrom(std::string_view workload, double rate, uint64_t requests) {
  loadgen::LoadOptions load;
  load.model = "m";
  load.endpoint_field = "x-fairway-endpoint";
  load.answer = loadgen::AnswerKind::kStream;
  load.arrivals = rate > 0 ? loadgen::Arrivals::kPoisson : loadgen::Arrivals::kClosed;
  if (rate > 0) load.rate = rate;
  load.connections = rate > 0 ? 20'000 : 512;
  load.max_requests = requests;
  load.duration = 24h;
  load.request_timeout = 1h;
  if (workload == "trace") {
    load.prompts = loadgen::Prompts::kTrace;
    return load;
  }
  load.prompts = loadgen::Prompts::kSessions;
  load.groups = 256;
  load.prefix_tokens = 6000;
  load.suffix_tokens = 200;
  load.max_tokens = 100;
  load.turns = 3;
  load.think = 3s;
  return load;
}

int Main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "bench_policies WORKLOAD POLICY RATE REQUESTS [TRACE]\n");
    return 2;
  }
  const std::string_view workload = argv[1];
  const std::string policy = argv[2];
  const bool pooled = policy == "pooled";
  const bool endless = pooled || policy == "infinite";
  base::Result<modelsim::Profile> profile = modelsim::LoadProfile("h100-llama-3.1-8b");
  CHECK(profile.ok());
  loadgen::LoadOptions load =
      LoadFrom(workload, std::strtod(argv[3], nullptr), std::strtoull(argv[4], nullptr, 10));
  if (argc > 5) {
    base::Result<loadgen::Trace> trace = loadgen::ReadTrace(argv[5]);
    if (!trace.ok()) {
      std::fprintf(stderr, "bench_policies: %s\n", trace.status().message().c_str());
      return 1;
    }
    load.left_out = loadgen::LeaveOutLonger(*trace, profile->ContextTokens());
    load.trace = std::make_shared<const loadgen::Trace>(*std::move(trace));
  }
  data::Pool pool("default");
  const auto root =
      config::ParseYamlDocument(PolicyYaml(endless ? "round-robin" : policy), "policy");
  CHECK(root.ok());
  const auto built = sched::BuildProfiles(root->Get("plugins"), root->Get("schedulingProfiles"),
                                          plugins::All(), pool.learned);
  if (!built.ok()) {
    std::fprintf(stderr, "bench_policies: %s\n", built.status().message().c_str());
    return 1;
  }
  const uint32_t blocks = pooled ? kServers * profile->num_gpu_blocks : 1u << 22;
  Fleet fleet(built->profiles.front(), pool, endless ? 1 : kServers,
              endless ? EndlessProfile(blocks) : *profile);
  loadgen::LoadReport report = fleet.Run(std::move(load));
  report.options.label = std::string(workload) + "/" + policy;
  report.seconds.clear();
  std::puts(loadgen::ToJson(report).c_str());
  return 0;
}

}  // namespace
}  // namespace fairway

int main(int argc, char** argv) { return fairway::Main(argc, argv); }
