// The sources over real sockets: what the simulation cannot show is that they work at all.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "sources/fake_server.h"
#include "sources/membership.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"

namespace fairway::sources {
namespace {

using std::chrono::seconds;

TEST(SourcesOverTcp, DiscoverAndScrapeAServer) {
  rt::EpollLoop loop;
  net::TcpNetwork network(loop);
  http::Pool connections(network);
  obs::Registry registry;
  data::Pool pool("default");
  FakeServer server(network, {"127.0.0.1", 0});
  server.models = R"({"data":[{"id":"tiny"}]})";
  server.metrics = "vllm:num_requests_running 4\nvllm:num_requests_waiting 9\n";

  const std::vector<std::string> urls = {"http://localhost:" +
                                         std::to_string(server.address().port)};
  auto entries = ParseEndpointUrls(urls);
  ASSERT_TRUE(entries.ok()) << entries.status().ToString();
  Membership endpoints(loop, pool, registry);
  ModelDiscovery discovery(pool, connections, registry);
  Scraper scraper(pool, connections, registry);
  endpoints.Replace(*std::move(entries));
  discovery.Start();
  scraper.Start();

  EXPECT_TRUE(loop.RunUntil([&pool] { return AnyReady(pool); }, seconds(5)));
  const auto members = pool.table.members().Copy();
  ASSERT_EQ(members->endpoints().size(), 1u);
  const model::EndpointId id = members->endpoints()[0].id;
  EXPECT_TRUE(loop.RunUntil([&] { return data::Known(pool.loads.Read(id, loop.Now()).waiting); },
                            seconds(5)));
  EXPECT_EQ(pool.loads.Read(id, loop.Now()).waiting, 9);
  EXPECT_EQ(pool.loads.Read(id, loop.Now()).running, 4);

  rt::Gate gate(loop);
  rt::Spawn(scraper.Stop(), gate);
  rt::Spawn(discovery.Stop(), gate);
  EXPECT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(10)));
  rt::Spawn(server.Stop(), gate);
  EXPECT_TRUE(loop.RunUntil([&gate] { return gate.running() == 0; }, seconds(10)));
}

}  // namespace
}  // namespace fairway::sources
