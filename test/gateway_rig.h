#pragma once
// A whole gateway with simulated model servers behind it and a client before it, in either world.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "director/worker.h"
#include "gateway/handler.h"
#include "http/fetch.h"
#include "http/server.h"
#include "modelsim/server.h"
#include "plugins/catalogue.h"
#include "rt/gate.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"
#include "test/framed_handler.h"
#include "test/scripted_server.h"
#include "test/worlds.h"

namespace fairway::test {

// Keeps what the gateway tells of each request.
class Told final : public gateway::Observer {
 public:
  struct Line {
    std::string request_id, reason, endpoint, model;
    int status = 0;
    uint32_t attempts = 0;
    std::optional<inference::Usage> usage;
  };
  void OnFinished(const gateway::RequestSummary& request) override {
    lines.push_back({.request_id = std::string(request.request_id),
                     .reason = std::string(request.reason),
                     .endpoint = std::string(request.endpoint),
                     .model = std::string(request.model),
                     .status = request.status,
                     .attempts = request.attempts,
                     .usage = request.usage});
  }
  std::vector<Line> lines;
};

struct RigOptions {
  size_t servers = 3;
  modelsim::Profile profile = modelsim::InstantProfile();
  gateway::Options gateway = {};
  uint64_t seed = 1;
};

template <class World>
class GatewayRig {
 public:
  explicit GatewayRig(const RigOptions& options)
      : pool("default"),
        brain(pool, sched::ServeDefaultProfile(plugins::All(), pool.learned)),
        director(brain, {.records = 64, .seed = options.seed}),
        handler({.network = world.gateway,
                 .director = director,
                 .observer = told,
                 .registry = registry,
                 .options = options.gateway,
                 .seed = options.seed}),
        front(world.gateway, FrontHandler()),
        control(world.gateway),
        discovery(pool, control, registry),
        scraper(pool, control, registry),
        client(world.client),
        gate(world.loop),
        health_([this] { CheckHealth(); }) {
    for (size_t i = 0; i < options.servers; ++i) AddServer(options.profile);
    pool.Publish();
    discovery.Start();
    scraper.Start();
    CheckHealth();
    EXPECT_TRUE(front.Listen({world.GatewayIp(), 0}, net::PortSharing::kExclusive).ok());
    EXPECT_TRUE(Until([&] { return Serving() == options.servers; }));
  }

  ~GatewayRig() {
    rt::Spawn(StopAll(), gate);
    EXPECT_TRUE(Until([this] { return gate.running() == 0; }));
    EXPECT_EQ(pool.in_flight.ReadAll(), data::InFlight::Totals());
    EXPECT_EQ(director.budget().active(), 0u);
    EXPECT_EQ(director.budget().retrying(), 0u);
  }

  template <class Condition>
  bool Until(Condition condition) {
    return world.loop.RunUntil(std::move(condition), World::kPatience);
  }

  // A whole request and its answer.
  base::Result<http::FetchedResponse> Send(std::string_view body,
                                           std::vector<http::Field> fields = {},
                                           std::string_view method = "POST",
                                           std::string_view path = "/v1/chat/completions") {
    std::optional<base::Result<http::FetchedResponse>> answer;
    rt::Spawn(SendTo(answer, body, std::move(fields), method, path), gate);
    EXPECT_TRUE(Until([&] { return answer.has_value(); }));
    return *std::move(answer);
  }

  // The server of that name; null if there is none.
  modelsim::ModelServer* ServerAt(std::string_view name) {
    for (const auto& server : servers) {
      if (server->local().ToString() == name) return server.get();
    }
    return nullptr;
  }
  // A server that answers as the test tells it to; done when it has told what it serves.
  ScriptedServer& AddScripted(std::vector<std::string> models) {
    ScriptedServer& server =
        *scripted.emplace_back(std::make_unique<ScriptedServer>(world.servers, std::move(models)));
    EXPECT_TRUE(server.Listen({world.ServerIp(), 0}).ok());
    AddEndpoint(server.address());
    pool.Publish();
    EXPECT_TRUE(Until([&] { return Serving() == servers.size() + scripted.size(); }));
    return server;
  }
  std::string NameOf(size_t server) const { return servers[server]->local().ToString(); }

  // Where clients find the gateway.
  net::Address Front() const {
    net::Address at = front.local();
    if constexpr (requires { World::kFrontAlpn; }) at.alpn = World::kFrontAlpn;
    return at;
  }

  uint64_t InFlight() const { return pool.in_flight.ReadAll().requests; }

  World world;
  obs::Registry registry;
  data::Pool pool;
  Told told;
  director::Brain brain;
  director::Worker director;
  gateway::Handler handler;
  FramedHandler framed{handler};
  http::Server front;
  http::Pool control;
  sources::ModelDiscovery discovery;
  sources::Scraper scraper;
  http::Pool client;
  std::vector<std::unique_ptr<modelsim::ModelServer>> servers;
  std::vector<std::unique_ptr<ScriptedServer>> scripted;
  rt::Gate gate;

 private:
  http::Handler& FrontHandler() {
    if constexpr (std::is_same_v<World, FramedWorld>) return framed;
    return handler;
  }

  void AddServer(const modelsim::Profile& profile) {
    modelsim::ModelServerOptions options;
    options.model = "m";
    servers.push_back(
        std::make_unique<modelsim::ModelServer>(world.servers, profile, std::move(options)));
    EXPECT_TRUE(servers.back()->Listen({world.ServerIp(), 0}).ok());
    AddEndpoint(servers.back()->local());
  }

  void AddEndpoint(const net::Address& at) {
    data::EndpointSpec spec{.ip = at.ip, .port = at.port};
    if constexpr (requires { World::kServerAlpn; }) spec.alpn = World::kServerAlpn;
    EXPECT_TRUE(pool.table.Add(std::move(spec)).ok());
  }

  size_t Serving() const {
    size_t serving = 0;
    for (const model::Endpoint& endpoint : pool.table.members().Copy()->endpoints())
      serving += endpoint.models.empty() ? 0 : 1;
    return serving;
  }

  rt::Task<void> SendTo(std::optional<base::Result<http::FetchedResponse>>& answer,
                        std::string_view body, std::vector<http::Field> fields,
                        std::string_view method, std::string_view path) {
    if (std::ranges::find(fields, "content-type", &http::Field::name) == fields.end())
      fields.push_back({"content-type", "application/json"});
    const http::FetchRequest request{
        .method = method, .path = path, .fields = fields, .body = body};
    const http::FetchLimits limits{.timeout = World::kPatience};
    net::Address at = Front();
    answer.emplace(co_await http::Fetch(client, std::move(at), request, limits));
  }

  void CheckHealth() {
    (void)pool.health.FindHung(pool.in_flight, world.loop.Now());
    world.loop.Start(health_, std::chrono::seconds(1));
  }

  rt::Task<void> StopAll() {
    health_.Stop();
    co_await front.Stop();
    co_await discovery.Stop();
    co_await scraper.Stop();
    for (const auto& server : servers) co_await server->Stop();
    for (const auto& server : scripted) co_await server->Stop();
  }

  rt::Timer health_;
};

}  // namespace fairway::test
