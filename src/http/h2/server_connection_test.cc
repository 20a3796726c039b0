// The HTTP/2 side of the server as its clients and its handlers see it, over sockets and simulated.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "http/server.h"
#include "http/testing/h2_client.h"
#include "http/testing/world.h"
#include "rt/event.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = H2StreamPort::Outgoing::Then;

// Handles by path; notes what it saw.
class TestHandler final : public Handler {
 public:
  explicit TestHandler(rt::Loop& loop) : released(loop) {}

  rt::Task<void> Handle(Exchange& exchange) override {
    const std::string_view path = exchange.head().path();
    ++running;
    most_running = std::max(most_running, running);
    if (path == "/echo") co_await Echo(exchange);
    if (path == "/head") co_await Head(exchange);
    if (path == "/ignore") last = co_await exchange.Respond(200, "text/plain", "ok");
    if (path == "/stream") co_await Stream(exchange);
    if (path == "/half") co_await Half(exchange);
    if (path == "/cut") co_await Cut(exchange);
    if (path == "/wait") co_await Wait(exchange);
    if (path == "/flood") co_await Flood(exchange);
    --running;
  }

  rt::Event released;
  Status last;
  size_t body_limit = 1 << 20;
  int running = 0;
  int most_running = 0;
  int gone = 0;
  size_t flooded = 0;  // bytes of /flood that were taken

 private:
  rt::Task<void> Echo(Exchange& exchange) {
    const Result<std::string_view> body = co_await exchange.Body(body_limit);
    last = body.status();
    if (body.ok()) {
      for (size_t i = 0; i < 64; ++i) sink = body->data()[body->size() + i];
      const Field extra[] = {{"X-Method", exchange.head().method}};
      last = co_await exchange.Respond(200, "text/plain", *body, extra);
    } else {
      const int status = body.status().code() == Code::kExhausted ? 413
                         : body.status().code() == Code::kTimeout ? 408
                                                                  : 400;
      const ErrorBody error{.status = status, .message = body.status().message()};
      (void)co_await exchange.RespondError(error);
    }
  }
  // What the handler is told of the request.
  rt::Task<void> Head(Exchange& exchange) {
    const RequestHead& head = exchange.head();
    std::string text = std::string(head.method) + " " + std::string(head.target) + " " +
                       std::string(head.host) + "\n";
    for (const Field& field : head.fields)
      text += std::string(field.name) + "=" + std::string(field.value) + "\n";
    last = co_await exchange.Respond(200, "text/plain", text);
  }
  rt::Task<void> Stream(Exchange& exchange) {
    const Field fields[] = {{"content-type", "text/event-stream"}};
    (void)co_await exchange.Begin(200, fields);
    for (const char* word : {"one", "two", "", "three"}) last = co_await exchange.Send(word);
    last = co_await exchange.End();
  }
  rt::Task<void> Half(Exchange& exchange) {
    (void)co_await exchange.Begin(200, {});
    last = co_await exchange.Send("half");
  }
  rt::Task<void> Cut(Exchange& exchange) {
    (void)co_await exchange.Begin(200, {});
    last = co_await exchange.Send("half");
    exchange.Abort({Code::kUnavailable, "the server behind is gone"});
  }
  rt::Task<void> Wait(Exchange& exchange) {
    exchange.OnPeerGone([this] {
      ++gone;
      released.Set();
    });
    co_await released.Wait();
    last = co_await exchange.Respond(200, "text/plain", "waited");
  }
  rt::Task<void> Flood(Exchange& exchange) {
    const std::string chunk(64 * 1024, 'x');
    (void)co_await exchange.Begin(200, {});
    for (;;) {
      last = co_await exchange.Send(chunk);
      if (!last.ok()) co_return;
      flooded += chunk.size();
    }
  }

  volatile char sink = 0;
};

class H2ServerTest : public testing::TestWithParam<WorldKind> {
 protected:
  H2ServerTest() : world_(MakeWorld(GetParam())), handler_(world_->network().loop()) {}
  ~H2ServerTest() override {
    client_.reset();
    if (server_ != nullptr) {
      world_->RunTask(server_->Stop());
      EXPECT_EQ(server_->counters().open, 0u);
      EXPECT_EQ(server_->counters().active, 0u);
      EXPECT_EQ(server_->counters().buffered_bytes, 0u);
    }
    EXPECT_EQ(handler_.running, 0);
  }

  H2TestClient& Start(ServerOptions options = {}) {
    server_ = std::make_unique<Server>(world_->network(), handler_, std::move(options));
    EXPECT_TRUE(server_->Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
    client_ = std::make_unique<H2TestClient>(*world_, server_->local());
    return *client_;
  }

  std::unique_ptr<TestWorld> world_;
  TestHandler handler_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<H2TestClient> client_;
};

TEST_P(H2ServerTest, AnswersARequestWithABody) {
  H2TestClient& client = Start();
  const auto& call = client.Post("/echo", "hello");
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.body, "hello");
  EXPECT_EQ(call.Find("x-method"), "POST");
  EXPECT_EQ(call.Find("content-length"), "5");
  EXPECT_EQ(call.Find("server"), "fairway");
  EXPECT_FALSE(call.Find("date").empty());
  EXPECT_EQ(server_->counters().requests, 1u);
}

TEST_P(H2ServerTest, ServesManyAtOnceOverOneConnection) {
  H2TestClient& client = Start();
  std::vector<const H2TestClient::Call*> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(&client.Post("/echo", std::string(static_cast<size_t>(i) * 1000, 'x')));
  for (size_t i = 0; i < calls.size(); ++i) {
    ASSERT_TRUE(client.AwaitAnswer(*calls[i]));
    EXPECT_EQ(calls[i]->body.size(), i * 1000);
  }
  EXPECT_EQ(server_->counters().accepted, 1u);
  EXPECT_EQ(server_->counters().requests, 50u);
}

TEST_P(H2ServerTest, StillSpeaksHttp1OnTheSamePort) {
  Start();
  RawClient client(*world_, server_->local());
  client.Send("GET /ignore HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.Await("\r\n\r\nok"));
}

TEST_P(H2ServerTest, TakesThePrefaceInPieces) {
  Start();
  RawClient client(*world_, server_->local());
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (const char c : preface) {
    client.Send(std::string(1, c));
    world_->RunFor(milliseconds(1));
  }
  client.Send(std::string("\0\0\0\4\0\0\0\0\0", 9));
  EXPECT_TRUE(client.Await(std::string("\0\0\0\4\1\0\0\0\0", 9)));  // our SETTINGS are acknowledged
  EXPECT_FALSE(client.ended());
}

TEST_P(H2ServerTest, StreamsPiecesAndEnds) {
  H2TestClient& client = Start();
  const auto& call = client.Get("/stream");
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.body, "onetwothree");
  EXPECT_EQ(call.Find("content-type"), "text/event-stream");
  EXPECT_TRUE(call.ended);
}

TEST_P(H2ServerTest, AnswersHeadWithoutABody) {
  H2TestClient& client = Start();
  const auto& call = client.Start("HEAD", "/ignore", {}, H2Body::kNone);
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.Find("content-length"), "2");
  EXPECT_EQ(call.body, "");
  const auto& stream = client.Start("HEAD", "/stream", {}, H2Body::kNone);
  ASSERT_TRUE(client.AwaitAnswer(stream));
  EXPECT_EQ(stream.body, "");
  EXPECT_TRUE(stream.ended);
}

TEST_P(H2ServerTest, ShowsHandlersTheHeadAsHttp1Does) {
  H2TestClient& client = Start();
  const auto& call = client.Start(
      "GET", "/head?a=1",
      {{"cookie", "a=1"}, {"x-other", "y"}, {"cookie", "b=2"}, {"te", "trailers"}}, H2Body::kNone);
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.body, "GET /head?a=1 a\ncookie=a=1; b=2\nx-other=y\nte=trailers\n");
}

TEST_P(H2ServerTest, SendsContinueToWhoWaitsForIt) {
  H2TestClient& client = Start();
  auto& call = client.Start("POST", "/echo", {{"expect", "100-continue"}}, H2Body::kFollows);
  ASSERT_TRUE(world_->RunUntil([&] { return call.interim == 1; }));
  call.Write("body", Then::kEnd);
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.body, "body");
}

TEST_P(H2ServerTest, AnswersABodyAboveTheLimitAndKeepsTheConnection) {
  H2TestClient& client = Start();
  handler_.body_limit = 1000;
  const auto& announced =
      client.Post("/echo", std::string(2000, 'x'), {{"content-length", "2000"}});
  ASSERT_TRUE(client.AwaitAnswer(announced));
  EXPECT_EQ(announced.status, 413);
  auto& unannounced = client.Start("POST", "/echo", {}, H2Body::kFollows);
  unannounced.Write(std::string(900'000, 'x'));
  ASSERT_TRUE(client.AwaitAnswer(unannounced));
  EXPECT_EQ(unannounced.status, 413);
  ASSERT_TRUE(world_->RunUntil([&] { return unannounced.closed; }));
  EXPECT_EQ(unannounced.error, H2Error::kNone);
  const auto& next = client.Post("/echo", "x");
  ASSERT_TRUE(client.AwaitAnswer(next));
  EXPECT_EQ(next.status, 200);
}

TEST_P(H2ServerTest, TakesABodyLargerThanItsWindows) {
  H2TestClient& client = Start();
  handler_.body_limit = 8 << 20;
  const std::string body(5 << 20, 'b');
  const auto& call = client.Post("/echo", body);
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.body, body);
}

TEST_P(H2ServerTest, AnswersWithoutTheBodyThatNobodyAsked) {
  H2TestClient& client = Start();
  auto& call = client.Start("POST", "/ignore", {}, H2Body::kFollows);
  call.Write(std::string(100'000, 'x'));
  ASSERT_TRUE(world_->RunUntil([&] { return call.closed; }));
  EXPECT_EQ(call.body, "ok");
  EXPECT_EQ(call.error, H2Error::kNone);
}

TEST_P(H2ServerTest, AnswersWhenTheHandlerDoesNot) {
  H2TestClient& client = Start();
  const auto& call = client.Get("/nothing");
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_EQ(call.status, 500);
}

TEST_P(H2ServerTest, ResetsAnAnswerThatWasNotFinished) {
  H2TestClient& client = Start();
  for (const char* path : {"/half", "/cut"}) {
    const auto& call = client.Get(path);
    ASSERT_TRUE(world_->RunUntil([&] { return call.closed; })) << path;
    EXPECT_EQ(call.body, "half");
    EXPECT_FALSE(call.ended);
    EXPECT_EQ(call.error, H2Error::kInternal);
  }
  const auto& next = client.Get("/ignore");
  ASSERT_TRUE(client.AwaitAnswer(next));
  EXPECT_EQ(next.status, 200);
}

TEST_P(H2ServerTest, TellsTheHandlerThatTheClientResetItsStream) {
  H2TestClient& client = Start();
  auto& call = client.Get("/wait");
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 1; }));
  call.Reset();
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 0; }));
  EXPECT_EQ(handler_.gone, 1);
  EXPECT_EQ(handler_.last.code(), Code::kUnavailable);
  const auto& next = client.Get("/ignore");
  EXPECT_TRUE(client.AwaitAnswer(next));
}

TEST_P(H2ServerTest, TellsEveryHandlerThatTheConnectionIsLost) {
  H2TestClient& client = Start();
  handler_.released.Reset();
  (void)client.Get("/wait");
  (void)client.Get("/flood");
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 2; }));
  client.Cut();
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 0; }));
  EXPECT_EQ(handler_.gone, 1);
  ASSERT_TRUE(world_->RunUntil([&] { return server_->counters().open == 0; }));
}

TEST_P(H2ServerTest, AClosedWindowHoldsTheHandlerAndNobodyElse) {
  H2TestClient& client = Start();
  auto& call = client.Get("/flood");
  call.hold = true;
  ASSERT_TRUE(world_->RunUntil([&] { return call.body.size() >= 200'000; }));
  world_->RunFor(milliseconds(50));
  const size_t stood = handler_.flooded;
  EXPECT_LE(stood, 256u * 1024 + 64 * 1024);
  const auto& other = client.Post("/echo", std::string(200'000, 'x'));
  ASSERT_TRUE(client.AwaitAnswer(other));
  EXPECT_EQ(other.body.size(), 200'000u);
  EXPECT_EQ(handler_.flooded, stood);
  call.Release();
  EXPECT_TRUE(world_->RunUntil([&] { return handler_.flooded > stood + 1'000'000; }));
}

TEST_P(H2ServerTest, GivesUpAClientWhoseWindowStaysClosed) {
  H2TestClient& client = Start({.write_timeout = milliseconds(100)});
  auto& call = client.Get("/flood");
  call.hold = true;
  ASSERT_TRUE(world_->RunUntil([&] { return call.closed; }));
  EXPECT_EQ(call.error, H2Error::kCancel);
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 0; }));
  EXPECT_EQ(handler_.last.code(), Code::kTimeout);
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_P(H2ServerTest, AnswersABodyThatStalls) {
  H2TestClient& client = Start({.body_timeout = milliseconds(50)});
  auto& call = client.Start("POST", "/echo", {}, H2Body::kFollows);
  call.Write("part");
  ASSERT_TRUE(world_->RunUntil([&] { return call.closed; }));
  EXPECT_EQ(call.status, 408);
}

TEST_P(H2ServerTest, ATrickleDoesNotMoveTheLimitOfTheWholeBody) {
  H2TestClient& client = Start({.whole_body_timeout = milliseconds(60)});
  auto& call = client.Start("POST", "/echo", {}, H2Body::kFollows);
  for (int i = 0; i < 50 && !call.closed; ++i) {
    call.Write("x");
    world_->RunFor(milliseconds(10));
  }
  EXPECT_EQ(call.status, 408);
}

TEST_P(H2ServerTest, ClosesAnIdleConnection) {
  H2TestClient& client = Start({.idle_timeout = milliseconds(100)});
  ASSERT_TRUE(client.AwaitAnswer(client.Get("/ignore")));
  ASSERT_TRUE(client.AwaitEnd());
  ASSERT_EQ(client.goaways.size(), 1u);
  EXPECT_EQ(client.goaways[0].second, H2Error::kNone);
}

TEST_P(H2ServerTest, ClosesAConnectionThatIsIdleAfterARefusedHead) {
  H2TestClient& client = Start({.idle_timeout = milliseconds(100)});
  const auto& call = client.Send({{":method", "GET"}, {":path", "/"}}, H2Body::kNone);
  ASSERT_TRUE(client.AwaitAnswer(call));
  EXPECT_TRUE(call.closed);
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(world_->RunUntil([this] { return server_->counters().open == 0; }));
}

TEST_P(H2ServerTest, RefusesHeadsThatHttp1Refuses) {
  H2TestClient& client = Start();
  const auto refused = [&](std::vector<Field> fields) {
    const auto& call = client.Send(std::move(fields), H2Body::kNone);
    EXPECT_TRUE(client.AwaitAnswer(call));
    return call.closed && call.status == 0 ? -1 : call.status;
  };
  const Field method{":method", "GET"}, scheme{":scheme", "http"}, host{":authority", "a"},
      path{":path", "/head"};
  const std::string long_target = "/" + std::string(20'000, 'a');
  std::vector<Field> many = {method, scheme, host, path};
  many.insert(many.end(), 101, {"a", "v"});
  EXPECT_EQ(refused({method, scheme, host, path}), 200);
  EXPECT_EQ(refused({method, scheme, host, {":path", long_target}}), 414);
  EXPECT_EQ(refused(many), 431);
  EXPECT_EQ(refused({method, scheme, host, path, {"host", "b"}}), 400);
  EXPECT_EQ(refused({method, {":scheme", "ftp"}, host, {":path", "/"}}), 400);
  EXPECT_EQ(refused({method, scheme, host, {":path", "/a#b"}}), 400);
  EXPECT_EQ(refused({method, scheme, host, path, {"expect", "tea"}}), 417);
  EXPECT_EQ(refused({{":method", "CONNECT"}, host}), 501);
  // What the session itself refuses: the stream is reset.
  EXPECT_EQ(refused({method, scheme, host}), -1);
  EXPECT_EQ(refused({method, scheme, host, path, {"bad name", "v"}}), -1);
  EXPECT_EQ(refused({method, scheme, host, path, {"content-length", "1"}}), -1);
  EXPECT_EQ(handler_.running, 0);
  EXPECT_EQ(server_->counters().requests, 1u);
  EXPECT_EQ(refused({method, scheme, host, path}), 200);
}

TEST_P(H2ServerTest, DrainsWithoutCuttingAStream) {
  H2TestClient& client = Start();
  const auto& running = client.Get("/wait");
  ASSERT_TRUE(world_->RunUntil([&] { return handler_.running == 1; }));
  rt::Gate gate(world_->network().loop());
  rt::Spawn(server_->Drain(seconds(30)), gate);
  ASSERT_TRUE(world_->RunUntil([&] { return client.goaways.size() == 2; }));
  EXPECT_EQ(client.goaways[0].first, 0x7fffffff);
  EXPECT_EQ(client.goaways[1].first, running.id);
  EXPECT_EQ(client.goaways[1].second, H2Error::kNone);
  handler_.released.Set();
  ASSERT_TRUE(client.AwaitAnswer(running));
  EXPECT_EQ(running.body, "waited");
  ASSERT_TRUE(client.AwaitEnd());
  ASSERT_TRUE(world_->RunUntil([&] { return gate.running() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Worlds, H2ServerTest, testing::Values(WorldKind::kTcp, WorldKind::kSim),
                         [](const auto& world) { return WorldName(world.param); });

}  // namespace
}  // namespace fairway::http
