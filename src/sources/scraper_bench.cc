// What one scrape costs the control loop's thread (CPU column): request, answer over loopback TCP,
// parse. The server runs on a thread of its own. PaceOptions' costs come from here.

#include <benchmark/benchmark.h>

#include <atomic>
#include <string>
#include <thread>

#include "http/fetch.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"
#include "sources/fake_server.h"
#include "sources/load_page.h"

namespace fairway::sources {
namespace {

// Serves one page until destroyed.
class ServerThread {
 public:
  explicit ServerThread(const std::string& page) : thread_([this, page] { Run(page); }) {
    while (port_ == 0) std::this_thread::yield();
  }
  ~ServerThread() {
    stop_ = true;
    thread_.join();
  }
  net::Address address() const { return {"127.0.0.1", port_}; }

 private:
  void Run(const std::string& page) {
    rt::EpollLoop loop;
    net::TcpNetwork network(loop);
    FakeServer server(network, {"127.0.0.1", 0});
    server.metrics = page;
    port_ = server.address().port;
    while (!stop_)
      (void)loop.RunUntil([this] { return stop_.load(); }, std::chrono::milliseconds(50));
    rt::Gate gate(loop);
    rt::Spawn(server.Stop(), gate);
    (void)loop.RunUntil([&gate] { return gate.running() == 0; }, std::chrono::seconds(5));
  }

  std::atomic<uint16_t> port_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

rt::Task<void> ScrapeOnce(http::Pool& pool, net::Address from, LoadPageParser& parser,
                          float& running) {
  const http::FetchRequest request{.path = "/metrics"};
  const auto response = co_await http::Fetch(pool, std::move(from), request);
  if (response.ok()) running = parser.Parse(response->body, 0).load.running;
}

void BM_Scrape(benchmark::State& state) {
  std::string page = "vllm:num_requests_running{engine=\"0\"} 3\n";
  while (page.size() < static_cast<size_t>(state.range(0))) {
    page +=
        "vllm:time_per_output_token_seconds_bucket{engine=\"0\",le=\"0.025\",model_name=\"m\"} 1\n";
  }
  const ServerThread server(page);
  rt::EpollLoop loop;
  net::TcpNetwork network(loop);
  http::Pool pool(network);
  LoadPageParser parser(std::make_shared<const Engines>());
  float running = 0;
  for (auto _ : state) {
    rt::Gate gate(loop);
    rt::Spawn(ScrapeOnce(pool, server.address(), parser, running), gate);
    CHECK(loop.RunUntil([&gate] { return gate.running() == 0; }, std::chrono::seconds(5)));
  }
  CHECK(running == 3);
}
BENCHMARK(BM_Scrape)->Arg(512)->Arg(64 * 1024)->Arg(512 * 1024);

}  // namespace
}  // namespace fairway::sources
