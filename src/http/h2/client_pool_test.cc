// Requests to servers over HTTP/2, through the pool: against this module's own server.

#include "http/h2/client_pool.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/fetch.h"
#include "http/head_writer.h"
#include "http/server.h"
#include "http/testing/world.h"
#include "rt/gate.h"
#include "rt/sleep.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TestHandler final : public Handler {
 public:
  explicit TestHandler(rt::Loop& loop) : loop_(loop) {}

  rt::Task<void> Handle(Exchange& exchange) override {
    const std::string_view path = exchange.head().path();
    ++running;
    most_running = std::max(most_running, running);
    protocols += exchange.takes_raw() ? "1" : "2";
    if (path == "/echo") co_await Echo(exchange);
    if (path == "/stream") co_await Stream(exchange);
    if (path == "/cut") co_await Cut(exchange);
    if (path == "/wait") co_await Wait(exchange);
    if (path == "/early") (void)co_await exchange.Respond(413, "text/plain", "too large");
    --running;
  }

  bool released = false;
  int running = 0;
  int most_running = 0;
  int gone = 0;
  std::string protocols;

 private:
  rt::Task<void> Echo(Exchange& exchange) {
    const Result<std::string_view> body = co_await exchange.Body(16 << 20);
    if (!body.ok()) co_return;
    const Field extra[] = {{"x-method", exchange.head().method},
                           {"x-host", exchange.head().host},
                           {"x-sent", exchange.head().fields.Find("x-sent").value_or("")}};
    (void)co_await exchange.Respond(200, "text/plain", *body, extra);
  }
  rt::Task<void> Stream(Exchange& exchange) {
    (void)co_await exchange.Begin(200, {});
    for (const char* word : {"one", "two", "three"}) (void)co_await exchange.Send(word);
    (void)co_await exchange.End();
  }
  rt::Task<void> Cut(Exchange& exchange) {
    (void)co_await exchange.Begin(200, {});
    (void)co_await exchange.Send("half");
    exchange.Abort({Code::kUnavailable, "gone"});
  }
  rt::Task<void> Wait(Exchange& exchange) {
    bool left = false;
    exchange.OnPeerGone([&] {
      ++gone;
      left = true;
    });
    while (!released && !left) co_await rt::Sleep(loop_, milliseconds(1));
    exchange.OnPeerGone({});
    (void)co_await exchange.Respond(200, "text/plain", "waited");
  }

  rt::Loop& loop_;
};

class H2ClientTest : public testing::TestWithParam<WorldKind> {
 protected:
  H2ClientTest()
      : world_(MakeWorld(GetParam())),
        handler_(world_->network().loop()),
        server_(world_->network(), handler_),
        gate_(world_->network().loop()) {
    EXPECT_TRUE(server_.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
    at_ = server_.local();
    at_.alpn = "h2";
  }
  ~H2ClientTest() override {
    if (pool_) {
      EXPECT_EQ(pool_->counters().leased, 0u);
    }
    pool_.reset();
    world_->RunTask(server_.Stop());
    EXPECT_EQ(handler_.running, 0);
    EXPECT_EQ(server_.counters().buffered_bytes, 0u);
  }

  Pool& Start(PoolOptions options = {}) {
    pool_.emplace(world_->network(), options);
    return *pool_;
  }
  Result<FetchedResponse> Ask(std::string_view path, std::string_view body = {},
                              std::string_view method = "POST") {
    std::optional<Result<FetchedResponse>> got;
    rt::Spawn(AskInto(path, body, method, got), gate_);
    EXPECT_TRUE(world_->RunUntil([&got] { return got.has_value(); }));
    return *std::move(got);
  }
  rt::Task<void> AskInto(std::string_view path, std::string_view body, std::string_view method,
                         std::optional<Result<FetchedResponse>>& into) {
    const Field fields[] = {{"X-Sent", "yes"}};
    const FetchRequest request{.method = method, .path = path, .fields = fields, .body = body};
    const FetchLimits limits{.max_bytes = 16 << 20};
    net::Address to = at_;
    into = co_await Fetch(*pool_, std::move(to), request, limits);
  }

  std::unique_ptr<TestWorld> world_;
  TestHandler handler_;
  Server server_;
  std::optional<Pool> pool_;
  net::Address at_;
  rt::Gate gate_;
};

TEST_P(H2ClientTest, AsksAndIsAnswered) {
  Start();
  const auto answer = Ask("/echo", "hello");
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->Find("x-method"), "POST");
  EXPECT_EQ(answer->Find("x-sent"), "yes");
  EXPECT_EQ(answer->Find("x-host"), at_.ToString());
  EXPECT_EQ(handler_.protocols, "2");
}

TEST_P(H2ClientTest, RequestsOneAfterTheOtherShareAConnection) {
  Start();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Ask("/echo", "x").ok());
  EXPECT_EQ(pool_->counters().opened, 1u);
  EXPECT_EQ(pool_->counters().reused, 4u);
  EXPECT_EQ(server_.counters().accepted, 1u);
}

TEST_P(H2ClientTest, ReadsAStreamAndAHeadAnswer) {
  Start();
  const auto stream = Ask("/stream", {}, "GET");
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  EXPECT_EQ(stream->body, "onetwothree");
  const auto head = Ask("/stream", {}, "HEAD");
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(head->body, "");
}

TEST_P(H2ClientTest, MovesBodiesLargerThanItsWindowsBothWays) {
  Start();
  std::string body(6 << 20, 0);
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  const auto answer = Ask("/echo", body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->body == body);
}

TEST_P(H2ClientTest, TakesAnAnswerThatComesBeforeTheBodyIsSent) {
  Start();
  const std::string body(4 << 20, 'x');
  const auto answer = Ask("/early", body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->body, "too large");
}

TEST_P(H2ClientTest, SeesThatAnAnswerWasCut) {
  Start();
  const auto answer = Ask("/cut");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.status().code(), Code::kUnavailable);
  EXPECT_TRUE(Ask("/echo", "x").ok());
  EXPECT_EQ(pool_->counters().opened, 1u);
}

TEST_P(H2ClientTest, DroppingALeaseResetsItsStreamAlone) {
  Pool& pool = Start();
  std::optional<Result<FetchedResponse>> other;
  {
    Lease lease = pool.Take(at_);
    rt::Spawn(
        [](ClientConnection& to) -> rt::Task<void> {
          const std::string_view head[] = {"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n"};
          (void)co_await to.Send(head);
          (void)co_await to.ReadHead();
        }(*lease),
        gate_);
    ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 1; }));
    lease->Abort({Code::kCancelled, "enough"});
    ASSERT_TRUE(world_->RunUntil([&] { return gate_.running() == 0; }));
  }
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.gone == 1; }));
  EXPECT_TRUE(Ask("/echo", "x").ok());
  EXPECT_EQ(server_.counters().accepted, 1u);
}

TEST_P(H2ClientTest, OpensAnotherConnectionWhereTheFirstIsFull) {
  Start({.h2_streams = 3});
  std::vector<std::optional<Result<FetchedResponse>>> got(7);
  for (auto& each : got) rt::Spawn(AskInto("/wait", {}, "GET", each), gate_);
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 7; }));
  EXPECT_EQ(server_.counters().accepted, 3u);
  handler_.released = true;
  ASSERT_TRUE(world_->RunUntil([&] { return gate_.running() == 0; }));
  for (const auto& each : got) EXPECT_TRUE(each->ok());
}

TEST_P(H2ClientTest, LeavesAConnectionThatIsIdle) {
  Start({.idle_expiry = milliseconds(50)});
  ASSERT_TRUE(Ask("/echo", "x").ok());
  ASSERT_TRUE(world_->RunUntil([&] { return server_.counters().open == 0; }));
  EXPECT_EQ(pool_->counters().expired, 1u);
  ASSERT_TRUE(Ask("/echo", "x").ok());
  EXPECT_EQ(pool_->counters().opened, 2u);
}

TEST_P(H2ClientTest, GivesUpAnAnswerThatDoesNotCome) {
  Pool& pool = Start();
  Lease lease = pool.Take(at_);
  Status end;
  rt::Spawn(
      [](ClientConnection& to, Status& into) -> rt::Task<void> {
        const std::string_view head[] = {"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n"};
        (void)co_await to.Send(head);
        to.LimitWait(milliseconds(50));
        const auto got = co_await to.ReadHead();
        into = got.status();
      }(*lease, end),
      gate_);
  ASSERT_TRUE(world_->RunUntil([&] { return gate_.running() == 0; }));
  EXPECT_EQ(end.code(), Code::kTimeout);
  EXPECT_EQ(lease->bytes_received(), 0u);
  lease.Release();
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.gone == 1; }));
}

TEST_P(H2ClientTest, AFailureToConnectShowsAsOne) {
  Pool& pool = Start();
  Lease lease = pool.Take({.ip = "127.0.0.1", .port = 1, .alpn = "h2"});
  Status end;
  rt::Spawn(
      [](ClientConnection& to, Status& into) -> rt::Task<void> {
        const std::string_view request[] = {
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n", "x"};
        into = co_await to.Send(request);
        if (!into.ok()) co_return;
        const auto got = co_await to.ReadHead();
        into = got.status();
      }(*lease, end),
      gate_);
  ASSERT_TRUE(world_->RunUntil([&] { return gate_.running() == 0; }));
  EXPECT_EQ(end.code(), Code::kUnavailable);
  EXPECT_FALSE(lease->connected());
}

// The server drains: what runs is finished, what comes later goes elsewhere.
TEST_P(H2ClientTest, AServerThatDrainsFinishesAndGetsNothingNew) {
  Start();
  std::optional<Result<FetchedResponse>> running;
  rt::Spawn(AskInto("/wait", {}, "GET", running), gate_);
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 1; }));
  rt::Gate drain(world_->network().loop());
  rt::Spawn(server_.Drain(seconds(30)), drain);
  world_->RunFor(milliseconds(100));
  const auto refused = Ask("/echo", "x");  // nobody listens any more
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(pool_->counters().opened, 2u);
  handler_.released = true;
  ASSERT_TRUE(world_->RunUntil([&] { return gate_.running() + drain.running() == 0; }));
  ASSERT_TRUE(running->ok());
  EXPECT_EQ((*running)->body, "waited");
}

INSTANTIATE_TEST_SUITE_P(Worlds, H2ClientTest, testing::Values(WorldKind::kTcp, WorldKind::kSim),
                         [](const auto& world) { return WorldName(world.param); });

}  // namespace
}  // namespace fairway::http
