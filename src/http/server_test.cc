#include "http/server.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "http/head_writer.h"
#include "http/testing/world.h"
#include "rt/event.h"
#include "rt/sleep.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Handles by path; notes what it saw.
class TestHandler final : public Handler {
 public:
  explicit TestHandler(rt::Loop& loop) : released(loop), loop_(loop) {}

  rt::Task<void> Handle(Exchange& exchange) override {
    const std::string_view path = exchange.head().path();
    ++running;
    if (path == "/echo") co_await Echo(exchange);
    if (path == "/ignore") last = co_await exchange.Respond(200, "text/plain", "ok");
    if (path == "/stream") co_await Stream(exchange);
    if (path == "/raw") co_await Raw(exchange);
    if (path == "/half") co_await Half(exchange);
    if (path == "/wait") co_await Wait(exchange);
    if (path == "/flood") co_await Flood(exchange);
    --running;
  }

  rt::Event released;
  Status last;
  size_t body_limit = 1 << 20;
  int running = 0;
  int gone = 0;
  std::string raw;
  RawEnd raw_end = RawEnd::kComplete;

 private:
  rt::Task<void> Echo(Exchange& exchange) {
    const Result<std::string_view> body = co_await exchange.Body(body_limit);
    last = body.status();
    if (body.ok()) {
      for (size_t i = 0; i < 64; ++i) sink = body->data()[body->size() + i];
      const Field extra[] = {{"x-method", exchange.head().method}};
      last = co_await exchange.Respond(200, "text/plain", *body, extra);
    } else {
      const int status = body.status().code() == Code::kExhausted ? 413
                         : body.status().code() == Code::kTimeout ? 408
                                                                  : 400;
      const ErrorBody error{.status = status, .message = body.status().message()};
      (void)co_await exchange.RespondError(error);
    }
  }
  rt::Task<void> Stream(Exchange& exchange) {
    const Field fields[] = {{"content-type", "text/event-stream"}};
    (void)co_await exchange.Begin(200, fields);
    for (const char* word : {"one", "two", "", "three"}) last = co_await exchange.Send(word);
    last = co_await exchange.End();
  }
  rt::Task<void> Raw(Exchange& exchange) {
    const std::string_view pieces[] = {raw.data(), "", "tail"};
    last = co_await exchange.SendRaw(pieces);
    exchange.EndRaw(raw_end);
  }
  rt::Task<void> Half(Exchange& exchange) {
    (void)co_await exchange.Begin(200, {});
    last = co_await exchange.Send("half");
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
    }
  }

  rt::Loop& loop_;
  volatile char sink = 0;
};

std::string Get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string Post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class ServerTest : public testing::TestWithParam<WorldKind> {
 protected:
  ServerTest() : world_(MakeWorld(GetParam())), handler_(world_->network().loop()) {}
  ~ServerTest() override {
    if (server_ != nullptr) world_->RunTask(server_->Stop());
    EXPECT_EQ(handler_.running, 0);
  }

  Server& Start(ServerOptions options = {}) {
    server_ = std::make_unique<Server>(world_->network(), handler_, std::move(options));
    EXPECT_TRUE(server_->Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
    return *server_;
  }
  RawClient Connect() { return RawClient(*world_, server_->local()); }

  std::unique_ptr<TestWorld> world_;
  TestHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_P(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  RawClient client = Connect();
  client.Send(Post("/echo", "hello"));
  ASSERT_TRUE(client.Await("\r\n\r\nhello"));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\ndate: "));
  EXPECT_NE(client.received().find("\r\ncontent-length: 5\r\n"), std::string::npos);
  EXPECT_NE(client.received().find("\r\nx-method: POST\r\n"), std::string::npos);
  EXPECT_EQ(client.received().find("connection:"), std::string::npos);
  client.Send(Post("/echo", "again"));
  ASSERT_TRUE(client.Await("\r\n\r\nagain"));
  world_->RunFor(milliseconds(5));
  EXPECT_FALSE(client.ended());
  const ServerCounters counters = server_->counters();
  EXPECT_EQ(counters.accepted, 1u);
  EXPECT_EQ(counters.requests, 2u);
  EXPECT_EQ(counters.open, 1u);
  EXPECT_EQ(counters.active, 0u);
  EXPECT_EQ(counters.buffered_bytes, 0u) << "an idle connection holds no buffer";
}

TEST_P(ServerTest, EveryByteOnItsOwn) {
  Start();
  RawClient client = Connect();
  const std::string request =
      Post("/echo", "hello") +
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: x\r\n\r\n";
  for (const char c : request) {
    client.Send(std::string(1, c));
    world_->RunFor(base::Duration(1));
  }
  ASSERT_TRUE(client.Await("\r\n\r\nhello"));
  ASSERT_TRUE(client.Await("\r\n\r\nabcdefg"));
}

TEST_P(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client = Connect();
  client.Send(Post("/echo", "first") + Get("/echo") + Post("/echo", "third"));
  ASSERT_TRUE(client.Await("\r\n\r\nthird"));
  EXPECT_EQ(Count(client.received(), "HTTP/1.1 200 OK"), 3u);
  EXPECT_LT(client.received().find("first"), client.received().find("third"));
}

TEST_P(ServerTest, LargeBodies) {
  Start({.discarded_bytes = 10});
  handler_.body_limit = 4 << 20;
  for (const size_t size : {4000u, 65536u, 70000u, 300000u, 3000000u}) {
    RawClient client = Connect();
    std::string body(size, 'x');
    for (size_t i = 0; i < size; i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
    client.Send(Post("/echo", body));
    ASSERT_TRUE(world_->RunUntil([&client, size] { return client.received().size() > size + 100; }))
        << size;
    EXPECT_TRUE(client.received().ends_with("\r\n\r\n" + body));
    std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t at = 0; at < size; at += 4000) {
      std::array<char, 20> line;
      const std::string_view chunk = std::string_view(body).substr(at, 4000);
      chunked.append(ChunkSizeLine(chunk.size(), line)).append(chunk).append("\r\n");
    }
    client.Send(chunked + "0\r\n\r\n" + Get("/ignore"));
    ASSERT_TRUE(client.Await("\r\n\r\nok")) << size;
    EXPECT_NE(client.received().find(body, size), std::string::npos);
  }
  EXPECT_EQ(server_->counters().buffered_bytes, 0u);
}

TEST_P(ServerTest, BodyOverTheLimit) {
  Start();
  handler_.body_limit = 100;
  for (const std::string& request :
       {Post("/echo", std::string(101, 'x')),
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n70\r\n" +
            std::string(112, 'x')}) {
    RawClient client = Connect();
    client.Send(request);
    ASSERT_TRUE(client.Await("HTTP/1.1 413 "));
    EXPECT_EQ(handler_.last.code(), Code::kExhausted);
  }
}

TEST_P(ServerTest, BrokenChunksAreTheHandlersToAnswer) {
  Start();
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  ASSERT_TRUE(client.Await("HTTP/1.1 400 "));
  EXPECT_NE(client.received().find("connection: close"), std::string::npos);
  EXPECT_EQ(handler_.last.code(), Code::kInvalid);
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(client.closed());
}

TEST_P(ServerTest, AskedForContinue) {
  Start();
  RawClient client = Connect();
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.Await("HTTP/1.1 100 Continue\r\n\r\n"));
  client.Send("hello");
  ASSERT_TRUE(client.Await("\r\n\r\nhello"));
  EXPECT_EQ(client.received().find("connection: close"), std::string::npos);
}

TEST_P(ServerTest, NoContinueForABodyThatIsRefused) {
  Start();
  handler_.body_limit = 4;
  RawClient client = Connect();
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 413 "));
  EXPECT_NE(client.received().find("connection: close"), std::string::npos);
}

// A long read is kept where it came, without a copy: of every length, and whatever follows it.
TEST_P(ServerTest, ALongBodyThatComesWithItsHeadIsWhole) {
  Start();
  RawClient client = Connect();
  client.Send(Get("/ignore"));  // a connection's first read is looked at for HTTP/2
  ASSERT_TRUE(client.Await("ok"));
  for (const size_t size :
       {16'000u, 16'384u, 40'000u, 65'000u, 65'370u, 65'472u, 70'000u, 300'000u}) {
    std::string body(size, 'b');
    for (size_t i = 0; i < size; i += 997) body[i] = static_cast<char>('a' + i % 26);
    body.replace(size - 8, 8, std::to_string(10'000'000 + size));
    client.Send(Post("/echo", body));
    ASSERT_TRUE(client.Await(body)) << size;
    EXPECT_TRUE(handler_.last.ok());
  }
  EXPECT_EQ(server_->counters().accepted, 1u);
}

TEST_P(ServerTest, ALongReadWithMoreThanABodyInItIsTakenApart) {
  Start();
  RawClient client = Connect();
  client.Send(Get("/ignore"));
  ASSERT_TRUE(client.Await("ok"));
  const std::string body(20'000, 'p');
  client.Send(Post("/echo", body) + Get("/stream") + Post("/ignore", body) + Post("/echo", "end!") +
              "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n" +
              body + "\r\n3\r\nfin\r\n0\r\n\r\n");
  ASSERT_TRUE(client.Await(body + "fin"));
  EXPECT_EQ(Count(client.received(), "HTTP/1.1 200 OK"), 6u);
  EXPECT_EQ(Count(client.received(), body), 2u);
  EXPECT_NE(client.received().find("end!"), std::string::npos);
}

TEST_P(ServerTest, ALongReadThatIsNoRequestIsRefused) {
  Start();
  RawClient client = Connect();
  client.Send(Get("/ignore"));
  ASSERT_TRUE(client.Await("ok"));
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n" +
              std::string(30'000, 'x'));
  ASSERT_TRUE(client.Await("HTTP/1.1 400"));
  EXPECT_TRUE(client.AwaitEnd());
}

TEST_P(ServerTest, AnIgnoredBodyIsReadAway) {
  Start({.discarded_bytes = 50'000});
  RawClient client = Connect();
  client.Send(Post("/ignore", std::string(100, 'x')) + Post("/ignore", std::string(40'000, 'x')) +
              "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" +
              "0\r\n\r\n" + Post("/echo", "last"));
  ASSERT_TRUE(client.Await("\r\n\r\nlast"));
  EXPECT_EQ(Count(client.received(), "HTTP/1.1 200 OK"), 4u);
}

TEST_P(ServerTest, ATooLargeIgnoredBodyClosesTheConnection) {
  Start({.discarded_bytes = 1000});
  RawClient client = Connect();
  client.Send(Post("/ignore", std::string(100'000, 'x')));
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_NE(client.received().find("connection: close"), std::string::npos);
  EXPECT_TRUE(client.received().ends_with("ok"));
}

TEST_P(ServerTest, RefusesMalformedHeads) {
  Start({.head = {.bytes = 1000}});
  struct Case {
    std::string bytes;
    const char* status;
  };
  const Case cases[] = {{"GET / HTTP/1.1\r\n\r\n", "400"},
                        {Get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "400"},
                        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
                        {Get("/", "X: " + std::string(2000, 'x') + "\r\n"), "431"},
                        {"\x16\x03\x01 not http\r\n", "400"}};
  for (const Case& each : cases) {
    RawClient client = Connect();
    client.Send(each.bytes);
    ASSERT_TRUE(client.AwaitEnd());
    EXPECT_TRUE(client.received().starts_with("HTTP/1.1 " + std::string(each.status)))
        << client.received();
    EXPECT_NE(client.received().find("\r\nconnection: close\r\n"), std::string::npos);
    EXPECT_NE(client.received().find("{\"error\":{\"message\":\""), std::string::npos);
  }
  EXPECT_EQ(server_->counters().malformed, 5u);
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_P(ServerTest, HeadAnswersHaveNoBody) {
  Start();
  RawClient client = Connect();
  client.Send("HEAD /ignore HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" +
              Get("/ignore"));
  ASSERT_TRUE(client.Await("\r\n\r\nok"));
  EXPECT_EQ(Count(client.received(), "content-length: 2\r\n"), 2u);
  EXPECT_EQ(Count(client.received(), "ok"), 1u);
  EXPECT_EQ(Count(client.received(), "one"), 0u);
}

TEST_P(ServerTest, OldClients) {
  Start();
  {
    RawClient client = Connect();
    client.Send("GET /ignore HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(client.AwaitEnd());
    EXPECT_NE(client.received().find("connection: close"), std::string::npos);
  }
  RawClient client = Connect();
  client.Send("GET /ignore HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(client.Await("\r\n\r\nok"));
  EXPECT_NE(client.received().find("connection: keep-alive"), std::string::npos);
  client.Send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(client.received().ends_with("\r\n\r\nonetwothree")) << client.received();
  EXPECT_EQ(client.received().find("transfer-encoding"), std::string::npos);
}

TEST_P(ServerTest, StreamsInChunks) {
  Start();
  RawClient client = Connect();
  client.Send(Get("/stream"));
  ASSERT_TRUE(client.Await("\r\n0\r\n\r\n"));
  EXPECT_TRUE(client.received().ends_with(
      "transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"));
  EXPECT_TRUE(handler_.last.ok());
}

TEST_P(ServerTest, RawAnswers) {
  Start();
  handler_.raw = "HTTP/1.1 299 Mine\r\ncontent-length: 4\r\n\r\n";
  RawClient client = Connect();
  client.Send(Get("/raw"));
  ASSERT_TRUE(client.Await(handler_.raw + "tail"));
  EXPECT_FALSE(client.ended());
  handler_.raw_end = RawEnd::kClose;
  client.Send(Get("/raw"));
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(client.received(), handler_.raw + "tail" + handler_.raw + "tail");
  handler_.raw_end = RawEnd::kReset;
  RawClient other = Connect();
  other.Send(Get("/raw"));
  ASSERT_TRUE(other.AwaitEnd());
  EXPECT_TRUE(other.reset());
}

TEST_P(ServerTest, AHandlerThatDoesNotFinish) {
  Start();
  RawClient silent = Connect();
  silent.Send(Get("/unknown"));
  ASSERT_TRUE(silent.Await("HTTP/1.1 500 "));
  RawClient half = Connect();
  half.Send(Get("/half"));
  ASSERT_TRUE(half.AwaitEnd());
  EXPECT_TRUE(half.reset());
}

TEST_P(ServerTest, NoticesThatTheClientWent) {
  Start();
  {
    RawClient client = Connect();
    client.Send(Get("/wait"));
    ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
    client.Reset();
    ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 0; }));
    EXPECT_EQ(handler_.gone, 1);
    EXPECT_FALSE(handler_.last.ok());
  }
  RawClient client = Connect();
  client.Send(Get("/wait"));
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
  client.Finish();
  ASSERT_TRUE(client.Await("waited"));  // a half-closed client can still be answered
  EXPECT_EQ(handler_.gone, 2);
  ASSERT_TRUE(client.AwaitEnd());
}

TEST_P(ServerTest, BytesSentAheadAreNoGoodbye) {
  Start({.pipelined_bytes = 4096});
  RawClient client = Connect();
  client.Send(Get("/wait"));
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
  client.Send(Post("/echo", std::string(20'000, 'e')) + Get("/ignore"));
  world_->RunFor(milliseconds(20));
  EXPECT_EQ(handler_.gone, 0);
  EXPECT_LT(server_->counters().buffered_bytes, 150'000u);
  handler_.released.Set();
  ASSERT_TRUE(client.Await("\r\n\r\nok"));
  EXPECT_EQ(Count(client.received(), "HTTP/1.1 200 OK"), 3u);
}

TEST_P(ServerTest, IdleAndHeadTimeouts) {
  Start({.head_timeout = milliseconds(50), .idle_timeout = milliseconds(100)});
  RawClient idle = Connect();
  RawClient slow = Connect();
  slow.Send("GET / HTTP/1.1\r\nHo");
  ASSERT_TRUE(slow.AwaitEnd());
  EXPECT_TRUE(slow.received().starts_with("HTTP/1.1 408 "));
  ASSERT_TRUE(idle.AwaitEnd());
  EXPECT_EQ(idle.received(), "");
  EXPECT_TRUE(idle.closed());
}

TEST_P(ServerTest, ATrickleDoesNotMoveTheHeadTimeout) {
  Start({.head_timeout = milliseconds(60)});
  RawClient slow = Connect();
  slow.Send("GET / HTTP/1.1\r\nHost: ");
  for (int i = 0; i < 20 && !slow.ended(); ++i) {
    world_->RunFor(milliseconds(10));
    if (!slow.ended()) slow.Send("x");
  }
  EXPECT_TRUE(slow.received().starts_with("HTTP/1.1 408 "));
}

TEST_P(ServerTest, ATrickleDoesNotMoveTheLimitOfTheWholeBody) {
  Start({.whole_body_timeout = milliseconds(60)});
  RawClient slow = Connect();
  slow.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 50 && !slow.ended(); ++i) {
    world_->RunFor(milliseconds(10));
    if (!slow.ended()) slow.Send("x");
  }
  EXPECT_TRUE(slow.received().starts_with("HTTP/1.1 408 "));
}

TEST_P(ServerTest, BodyTimeout) {
  Start({.body_timeout = milliseconds(50)});
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_EQ(handler_.last.code(), Code::kTimeout);
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 408 "));
}

TEST_P(ServerTest, TheClientGoesInTheMiddleOfABody) {
  Start();
  RawClient client = Connect();
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  world_->RunFor(milliseconds(5));
  client.Finish();
  ASSERT_TRUE(client.AwaitEnd());
  EXPECT_EQ(handler_.last.code(), Code::kUnavailable);
}

TEST_P(ServerTest, DrainLetsHandlersFinish) {
  Start();
  RawClient idle = Connect();
  RawClient busy = Connect();
  idle.Send(Get("/ignore"));
  busy.Send(Get("/wait"));
  ASSERT_TRUE(idle.Await("ok"));
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
  rt::Gate gate(world_->network().loop());
  rt::Spawn(server_->Drain(seconds(5)), gate);
  ASSERT_TRUE(idle.AwaitEnd());
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(gate.running(), 1u);
  handler_.released.Set();
  ASSERT_TRUE(busy.AwaitEnd());
  EXPECT_NE(busy.received().find("connection: close"), std::string::npos);
  EXPECT_TRUE(busy.received().ends_with("waited"));
  ASSERT_TRUE(world_->RunUntil([&gate] { return gate.running() == 0; }));
  EXPECT_EQ(server_->counters().open, 0u);
}

TEST_P(ServerTest, DrainAbortsWhatOutlastsItsGrace) {
  Start();
  RawClient busy = Connect();
  busy.Send(Get("/wait"));
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
  ASSERT_TRUE(world_->RunTask(server_->Drain(milliseconds(50))));
  EXPECT_EQ(handler_.gone, 1);
  ASSERT_TRUE(busy.AwaitEnd());
  EXPECT_TRUE(busy.reset());
}

TEST_P(ServerTest, AHandlerHearsOfAnAbortThoughNobodyReads) {
  Start({.pipelined_bytes = 16});
  RawClient busy = Connect();
  busy.Send(Get("/wait") + Get("/ignore"));  // more than is read ahead
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 1; }));
  busy.Send(Get("/ignore"));
  world_->RunFor(milliseconds(20));
  ASSERT_TRUE(world_->RunTask(server_->Drain(milliseconds(50))));
  EXPECT_EQ(handler_.gone, 1);
}

TEST_P(ServerTest, ConnectionsAreLimited) {
  Start({.connections = 1});
  RawClient first = Connect();
  first.Send(Get("/ignore"));
  ASSERT_TRUE(first.Await("ok"));
  RawClient second = Connect();
  ASSERT_TRUE(second.AwaitEnd());
  EXPECT_EQ(server_->counters().refused, 1u);
}

TEST_P(ServerTest, AClientThatReadsSlowlyIsNotDropped) {
  Start({.write_timeout = milliseconds(80)});
  const auto stream = world_->network().Connect(server_->local());
  const std::string body(1 << 20, 'b');
  const std::string request = Post("/echo", body);
  size_t got = 0;
  ASSERT_TRUE(world_->RunTask([](net::Network& network, net::Stream& at, const std::string& bytes,
                                 size_t& taken) -> rt::Task<void> {
    (void)co_await net::Write(at, bytes);
    std::vector<char> into(32 * 1024);
    while (taken < bytes.size()) {
      co_await rt::Sleep(network.loop(), milliseconds(10));
      const net::IoResult read = co_await net::Read(at, into);
      if (read.state != net::IoState::kOk) co_return;
      taken += read.bytes;
    }
  }(world_->network(), *stream, request, got)));
  EXPECT_GE(got, body.size());
  EXPECT_EQ(server_->counters().timeouts, 0u);
}

TEST_P(ServerTest, AClientThatDoesNotReadIsDropped) {
  Start({.write_timeout = milliseconds(80)});
  // A stream nobody reads: the raw client reads, so this one goes by hand.
  const auto stream = world_->network().Connect(server_->local());
  const std::string request = Get("/flood");
  ASSERT_TRUE(world_->RunTask([](net::Stream& to, std::string bytes) -> rt::Task<void> {
    (void)co_await net::Write(to, bytes);
  }(*stream, request)));
  ASSERT_TRUE(world_->RunUntil([this] { return server_->counters().timeouts == 1; }));
  ASSERT_TRUE(world_->RunUntil([this] { return handler_.running == 0; }));
  EXPECT_EQ(handler_.last.code(), Code::kTimeout);
}

INSTANTIATE_TEST_SUITE_P(On, ServerTest, testing::Values(WorldKind::kTcp, WorldKind::kSim),
                         [](const auto& kind) { return WorldName(kind.param); });

}  // namespace
}  // namespace fairway::http
