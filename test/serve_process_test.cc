// `fairway serve` as a process: started, reconfigured and stopped as an operator does it, with
// simulated model servers behind it, on real sockets.

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/fetch.h"
#include "http/pool.h"
#include "modelsim/server.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"

extern char** environ;

namespace fairway::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// The binary stands beside the test.
std::string Binary() {
  return (fs::read_symlink("/proc/self/exe").parent_path() / "fairway").string();
}

class Process {
 public:
  explicit Process(std::vector<std::string> words) {
    words.insert(words.begin(), Binary());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed =
        ::posix_spawn(&pid_, words[0].c_str(), nullptr, nullptr, argv.data(), environ);
    EXPECT_EQ(failed, 0);
    if (failed != 0) pid_ = 0;
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  // Never to pid -1, which is everybody.
  void Signal(int number) {
    ASSERT_GT(pid_, 0) << "the process ended already";
    ::kill(pid_, number);
  }
  // Empty while it runs.
  std::optional<int> Exited() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
};

// A port that nobody has at the moment.
uint16_t FreePort(net::TcpNetwork& network) {
  auto listener = network.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive,
                                 [](std::unique_ptr<net::Stream>) {});
  EXPECT_TRUE(listener.ok());
  return (*listener)->local().port;
}

class ServeProcessTest : public testing::Test {
 protected:
  ServeProcessTest() {
    std::string path = (fs::temp_directory_path() / "fairway-serve-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    listen_ = {"127.0.0.1", FreePort(network_)};
    admin_ = {"127.0.0.1", FreePort(network_)};
  }
  ~ServeProcessTest() override {
    serve_.reset();
    rt::Spawn(StopServers(), gate_);
    EXPECT_TRUE(Until([this] { return gate_.running() == 0; }));
    fs::remove_all(folder_);
  }

  bool Until(std::move_only_function<bool()> condition) {
    return loop_.RunUntil(std::move(condition), seconds(30));
  }

  // The port of a new simulated server of that model.
  uint16_t AddServer(const std::string& model,
                     const modelsim::Profile& profile = modelsim::InstantProfile()) {
    modelsim::ModelServerOptions options;
    options.model = model;
    servers_.push_back(
        std::make_unique<modelsim::ModelServer>(network_, profile, std::move(options)));
    EXPECT_TRUE(servers_.back()->Listen({"127.0.0.1", 0}).ok());
    return servers_.back()->local().port;
  }

  // Complete when it appears: written beside, then renamed.
  void Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / "next") << content;
    fs::rename(folder_ / "next", folder_ / name);
  }
  std::string Head() const {
    return "apiVersion: fairway.dev/v1alpha1\nkind: Fairway\nlisteners: [{address: '" +
           listen_.ToString() + "'}]\nadmin: {address: '" + admin_.ToString() +
           "'}\ntelemetry: {accessLog: 'off'}\n";
  }
  static std::string UrlOf(uint16_t port) {
    return "'http://127.0.0.1:" + std::to_string(port) + "'";
  }

  void StartWithConfig(const std::string& rest) {
    Write("c.yaml", Head() + rest);
    serve_.emplace(std::vector<std::string>{"serve", "--config", (folder_ / "c.yaml").string()});
  }

  http::FetchedResponse Fetch(const net::Address& at, std::string_view path,
                              std::string_view body = {}) {
    std::optional<base::Result<http::FetchedResponse>> answer;
    auto fetch = [&]() -> rt::Task<void> {
      const http::Field json{"content-type", "application/json"};
      const http::FetchRequest request{.method = body.empty() ? "GET" : "POST",
                                       .path = path,
                                       .fields = std::span(&json, 1),
                                       .body = body};
      const http::FetchLimits limits{.timeout = seconds(20)};
      net::Address to = at;
      answer.emplace(co_await http::Fetch(client_, std::move(to), request, limits));
    };
    rt::Spawn(fetch(), gate_);
    EXPECT_TRUE(Until([&] { return answer.has_value(); }));
    return answer->ok() ? *std::move(*answer) : http::FetchedResponse();
  }
  // The status of a request for the model.
  int Ask(const std::string& model) {
    return Fetch(listen_, "/v1/chat/completions",
                 R"({"model":")" + model +
                     R"(","messages":[{"role":"user","content":"x"}],"max_tokens":2})")
        .status;
  }
  bool Soon(std::move_only_function<bool()> condition) {
    const auto end = loop_.Now() + seconds(20);
    while (!condition()) {
      if (loop_.Now() > end) return false;
      (void)loop_.RunUntil([] { return false; }, std::chrono::milliseconds(20));
    }
    return true;
  }
  bool SoonReady() {
    return Soon([this] { return Fetch(admin_, "/readyz").status == 200; });
  }

  rt::Task<void> StopServers() {
    for (const auto& server : servers_) co_await server->Stop();
  }

  rt::EpollLoop loop_;
  net::TcpNetwork network_{loop_};
  http::Pool client_{network_};
  rt::Gate gate_{loop_};
  fs::path folder_;
  net::Address listen_;
  net::Address admin_;
  std::vector<std::unique_ptr<modelsim::ModelServer>> servers_;
  std::optional<Process> serve_;
};

TEST_F(ServeProcessTest, PoolsAreFollowedAndABadChangeChangesNothing) {
  const std::string a = UrlOf(AddServer("model-a"));
  const std::string b = UrlOf(AddServer("model-b"));
  StartWithConfig("pools:\n- {name: a, endpoints: [" + a + "]}\n");
  ASSERT_TRUE(SoonReady());
  EXPECT_EQ(Ask("model-a"), 200);
  EXPECT_EQ(Ask("model-b"), 404);
  // A second pool, and a name of its own for its model.
  Write("c.yaml", Head() + "pools:\n- {name: a, endpoints: [" + a + "]}\n- {name: b, endpoints: [" +
                      b + "]}\nmodels: [{name: gpt, pool: b, rewrites: [{model: model-b}]}]\n");
  EXPECT_TRUE(Soon([this] { return Ask("model-b") == 200; }));
  EXPECT_EQ(Ask("gpt"), 200);
  EXPECT_EQ(Ask("model-a"), 200);
  // A mistake: refused, and everything goes on.
  Write("c.yaml", Head() + "pols: []\n");
  EXPECT_TRUE(Soon([this] {
    return Fetch(admin_, "/metrics").body.find("\nfairway_config_stale 1\n") != std::string::npos;
  }));
  EXPECT_NE(Fetch(admin_, "/debug/config").body.find("did you mean \"pools\"?"), std::string::npos);
  EXPECT_EQ(Ask("gpt"), 200);
  // The first pool goes.
  Write("c.yaml", Head() + "pools:\n- {name: b, endpoints: [" + b + "]}\n");
  EXPECT_TRUE(Soon([this] { return Ask("model-a") == 404; }));
  EXPECT_EQ(Ask("model-b"), 200);
}

TEST_F(ServeProcessTest, AnEndpointsFileIsFollowed) {
  const auto entry = [this](const std::string& model) {
    return "- {name: " + model + ", address: localhost, port: '" +
           std::to_string(AddServer(model)) + "'}\n";
  };
  const std::string a = entry("model-a");
  const std::string b = entry("model-b");
  Write("e.yaml", "endpoints:\n" + a);
  StartWithConfig("pools: [{name: a, file: '" + (folder_ / "e.yaml").string() + "'}]\n");
  ASSERT_TRUE(SoonReady());
  EXPECT_EQ(Ask("model-a"), 200);
  Write("e.yaml", "endpoints:\n" + a + b);
  EXPECT_TRUE(Soon([this] { return Ask("model-b") == 200; }));
  Write("e.yaml", "endpoints:\n- {name: a, addr");  // half written
  EXPECT_TRUE(Soon([this] {
    return Fetch(admin_, "/metrics").body.find("\nfairway_endpoints_file_refused_total 1\n") !=
           std::string::npos;
  }));
  EXPECT_EQ(Ask("model-a"), 200);
  EXPECT_EQ(Ask("model-b"), 200);
}

TEST_F(ServeProcessTest, StartsWithServersDownAndSaysSo) {
  StartWithConfig("pools: [{name: a, endpoints: [" + UrlOf(1) + "]}]\n");
  EXPECT_TRUE(Soon([this] { return Fetch(admin_, "/readyz").status == 503; }));
  serve_->Signal(SIGTERM);
  std::optional<int> exit;
  EXPECT_TRUE(Soon([&] { return (exit = serve_->Exited()).has_value(); }));
  EXPECT_EQ(exit, 0);
}

TEST_F(ServeProcessTest, RefusesToStartOnABadConfiguration) {
  StartWithConfig("pols: []\n");
  std::optional<int> exit;
  EXPECT_TRUE(Soon([&] { return (exit = serve_->Exited()).has_value(); }));
  EXPECT_EQ(exit, 1);
}

// Two hundred streams of some seconds; SIGTERM comes in the middle of them.
TEST_F(ServeProcessTest, SigtermCutsNoStream) {
  constexpr size_t kStreams = 200;
  modelsim::Profile slow = modelsim::InstantProfile();
  slow.step_base = std::chrono::milliseconds(20);
  slow.max_num_seqs = 256;
  StartWithConfig("pools: [{name: a, endpoints: [" + UrlOf(AddServer("m", slow)) + "]}]\n");
  ASSERT_TRUE(SoonReady());
  size_t whole = 0;
  auto stream = [&]() -> rt::Task<void> {
    const http::Field json{"content-type", "application/json"};
    const http::FetchRequest request{
        .method = "POST",
        .path = "/v1/chat/completions",
        .fields = std::span(&json, 1),
        .body = R"({"model":"m","stream":true,"max_tokens":50,"ignore_eos":true,)"
                R"("messages":[{"role":"user","content":"x"}]})"};
    const http::FetchLimits limits{.timeout = seconds(25)};
    net::Address to = listen_;
    const auto answer = co_await http::Fetch(client_, std::move(to), request, limits);
    if (answer.ok() && answer->body.find("data: [DONE]") != std::string::npos &&
        answer->body.find("\"error\"") == std::string::npos)
      ++whole;
  };
  for (size_t i = 0; i < kStreams; ++i) rt::Spawn(stream(), gate_);
  // All of them are at the server.
  EXPECT_TRUE(Soon([this] {
    return Fetch(admin_, "/metrics").body.find("\nfairway_requests_active 200\n") !=
           std::string::npos;
  }));
  EXPECT_EQ(whole, 0u);
  serve_->Signal(SIGTERM);
  std::optional<int> exit;
  EXPECT_TRUE(Soon([&] { return (exit = serve_->Exited()).has_value(); }));
  EXPECT_EQ(exit, 0);
  EXPECT_TRUE(Until([this] { return gate_.running() == 0; }));
  EXPECT_EQ(whole, kStreams);
}

}  // namespace
}  // namespace fairway::test
