// The same server over the machine's own sockets.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "http/fetch.h"
#include "modelsim/fixture.h"
#include "modelsim/server.h"
#include "net/io.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"

namespace fairway::modelsim {
namespace {

using namespace std::chrono_literals;

class ServerTcpTest : public testing::Test {
 protected:
  void Begin(const Profile& profile, size_t count = 1) {
    for (size_t i = 0; i < count; ++i) {
      servers_.push_back(
          std::make_unique<ModelServer>(network_, profile, ModelServerOptions{.model = "tiny"}));
      ASSERT_TRUE(servers_.back()->Listen({"127.0.0.1", 0}).ok());
      ASSERT_NE(servers_.back()->local().port, 0);
    }
  }

  void TearDown() override {
    rt::Spawn(StopAll(), gate_);
    EXPECT_TRUE(loop_.RunUntil([&] { return gate_.running() == 0; }, 10s));
    servers_.clear();
  }

  http::FetchedResponse Fetch(const net::Address& to, http::FetchRequest request) {
    std::optional<base::Result<http::FetchedResponse>> answer;
    rt::Spawn(FetchInto(to, request, answer), gate_);
    EXPECT_TRUE(loop_.RunUntil([&] { return gate_.running() == 0; }, 10s));
    EXPECT_TRUE(answer->ok()) << answer->status().ToString();
    return answer->ok() ? **std::move(answer) : http::FetchedResponse();
  }

  rt::Task<void> FetchInto(net::Address to, http::FetchRequest request,
                           std::optional<base::Result<http::FetchedResponse>>& answer) {
    http::Pool pool(network_);
    answer = co_await http::Fetch(pool, to, request);
  }
  rt::Task<void> StopAll() {
    for (const auto& server : servers_) co_await server->Stop();
  }

  rt::EpollLoop loop_;
  net::TcpNetwork network_{loop_};
  rt::Gate gate_{loop_};
  std::vector<std::unique_ptr<ModelServer>> servers_;
  const http::Field json_{"content-type", "application/json"};
};

TEST_F(ServerTcpTest, ManyServersAnswerInOneProcess) {
  Begin(InstantProfile(), 5);
  const std::string_view body = R"({"messages":[{"role":"user","content":"Hi"}],"max_tokens":4})";
  for (const auto& server : servers_) {
    const auto answer = Fetch(
        server->local(),
        {.method = "POST", .path = "/v1/chat/completions", .fields = {&json_, 1}, .body = body});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(server->state().finished, 1u);
    EXPECT_EQ(Fetch(server->local(), {.path = "/metrics"}).status, 200);
  }
}

TEST_F(ServerTcpTest, StreamsTakeTheirTime) {
  Profile profile;
  profile.prefill_tokens_per_s = 0;
  profile.step_base = 2ms;
  Begin(profile);
  const auto began = std::chrono::steady_clock::now();
  const auto answer =
      Fetch(servers_[0]->local(), {.method = "POST",
                                   .path = "/v1/completions",
                                   .fields = {&json_, 1},
                                   .body = R"({"prompt":"Hi","max_tokens":25,"stream":true})"});
  const auto took = std::chrono::steady_clock::now() - began;
  Recorded recorded;
  recorded.body = answer.body;
  EXPECT_EQ(recorded.Events().size(), 26u);
  EXPECT_GE(took, 50ms);
  EXPECT_LT(took, 9s) << "the machine may be busy";
}

TEST_F(ServerTcpTest, AResetFreesTheEngine) {
  Profile profile;
  profile.prefill_tokens_per_s = 0;
  profile.step_base = 5ms;
  Begin(profile);
  const std::string_view body = R"({"prompt":"Hi","max_tokens":10000,"stream":true})";
  const std::string request =
      "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
      "content-length: " +
      std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  auto stream = network_.Connect(servers_[0]->local());
  size_t written = 0;
  ASSERT_TRUE(loop_.RunUntil(
      [&] {
        const std::string_view piece = std::string_view(request).substr(written);
        if (!piece.empty()) written += stream->TryWrite({&piece, 1}).bytes;
        return servers_[0]->engine().stats().generation_tokens > 2;
      },
      10s));
  stream->Abort({base::Code::kCancelled, "enough"});
  EXPECT_TRUE(loop_.RunUntil([&] { return servers_[0]->engine().running() == 0; }, 10s));
  EXPECT_TRUE(loop_.RunUntil([&] { return servers_[0]->state().cancelled == 1; }, 10s));
}

TEST_F(ServerTcpTest, ATakenPortIsAnError) {
  Begin(InstantProfile());
  ModelServer second(network_, InstantProfile(), {});
  EXPECT_EQ(second.Listen(servers_[0]->local()).code(), base::Code::kUnavailable);
}

}  // namespace
}  // namespace fairway::modelsim
