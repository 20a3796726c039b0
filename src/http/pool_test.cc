#include "http/pool.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "http/fetch.h"
#include "http/testing/world.h"
#include "rt/sleep.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
constexpr const char* kShort = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// What one exchange over a lease brought.
struct Answer {
  Status status;
  int code = 0;
  std::string raw;
  std::string payload;
  size_t parts = 0;
  uint64_t received = 0;
  bool reused = false;
  bool connected = false;
};

rt::Task<void> Ask(Lease& lease, Answer& answer, ResponseTo to) {
  answer = {};
  answer.reused = lease->reused();
  const std::string_view pieces[] = {kGet.substr(0, 10), kGet.substr(10)};
  answer.status = co_await lease->Send(pieces, to);
  answer.connected = lease->connected();
  if (!answer.status.ok()) co_return;
  const Result<const ResponseHead*> head = co_await lease->ReadHead();
  answer.status = head.status();
  answer.received = lease->bytes_received();
  if (!head.ok()) co_return;
  answer.code = (*head)->status;
  for (bool end = false; !end;) {
    const Result<BodyPart> part = co_await lease->ReadBody();
    answer.status = part.status();
    if (!part.ok()) co_return;
    ++answer.parts;
    answer.raw += part->raw;
    part->ForEachPayload([&answer](std::string_view run) { answer.payload += run; });
    end = part->end;
  }
  answer.received = lease->bytes_received();
}

rt::Task<void> TakeAndAsk(Pool& pool, net::Address to, Answer& answer) {
  Lease lease = pool.Take(to);
  co_await Ask(lease, answer, ResponseTo::kOther);
}

class PoolTest : public testing::TestWithParam<WorldKind> {
 protected:
  PoolTest() : world_(MakeWorld(GetParam())) {}

  Answer Ask(Pool& pool, const net::Address& to) {
    Answer answer;
    world_->RunTask(TakeAndAsk(pool, to, answer));
    return answer;
  }
  Result<FetchedResponse> FetchFrom(Pool& pool, net::Address to, FetchRequest request = {},
                                    FetchLimits limits = {}) {
    Result<FetchedResponse> got(Status(Code::kInternal, "not run"));
    world_->RunTask([](Pool& from, net::Address at, FetchRequest what, FetchLimits most,
                       Result<FetchedResponse>& into) -> rt::Task<void> {
      into = co_await Fetch(from, at, what, most);
    }(pool, std::move(to), request, limits, got));
    return got;
  }

  std::unique_ptr<TestWorld> world_;
};

TEST_P(PoolTest, KeepsAConnectionForTheNextRequest) {
  std::vector<RawServer::Script> scripts;
  RawServer* self = nullptr;
  scripts.push_back([&self](net::Stream& stream) -> rt::Task<void> {
    while (co_await self->AwaitBytes(stream, "\r\n\r\n"))
      (void)co_await net::Write(stream, std::string_view(kShort));
  });
  RawServer server(*world_, std::move(scripts));
  self = &server;
  Pool pool(world_->network());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = Ask(pool, server.address());
    ASSERT_TRUE(answer.status.ok()) << answer.status.ToString();
    EXPECT_EQ(answer.code, 200);
    EXPECT_EQ(answer.payload, "ok");
    EXPECT_EQ(answer.reused, i > 0);
    EXPECT_EQ(answer.received, std::string_view(kShort).size());
    EXPECT_EQ(pool.counters().idle, 1u);
    EXPECT_EQ(pool.counters().leased, 0u);
  }
  EXPECT_EQ(server.accepted(), 1u);
  EXPECT_EQ(pool.counters().opened, 1u);
  EXPECT_EQ(pool.counters().reused, 2u);
}

TEST_P(PoolTest, AnIdleConnectionExpires) {
  std::vector<RawServer::Script> scripts;
  RawServer* self = nullptr;
  scripts.push_back([&self](net::Stream& stream) -> rt::Task<void> {
    (void)co_await self->AwaitBytes(stream, "\r\n\r\n");
    (void)co_await net::Write(stream, std::string_view(kShort));
    (void)co_await self->AwaitBytes(stream, "never");
  });
  RawServer server(*world_, std::move(scripts));
  self = &server;
  Pool pool(world_->network(), {.idle_expiry = milliseconds(60)});
  EXPECT_TRUE(Ask(pool, server.address()).status.ok());
  world_->RunFor(milliseconds(30));
  EXPECT_EQ(pool.counters().idle, 1u);
  world_->RunFor(milliseconds(60));
  EXPECT_EQ(pool.counters().idle, 0u);
  EXPECT_EQ(pool.counters().expired, 1u);
}

TEST_P(PoolTest, AnIdleConnectionThatTheServerClosesIsDropped) {
  RawServer server(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(server.Answer({kShort}));
  scripts.push_back(server.Answer({kShort, "HTTP/1.1 408 too late\r\n\r\n"}));
  RawServer closing(*world_, std::move(scripts));
  Pool pool(world_->network());
  for (size_t i = 1; i <= 2; ++i) {
    EXPECT_TRUE(Ask(pool, closing.address()).status.ok());
    ASSERT_TRUE(world_->RunUntil([&pool, i] { return pool.counters().lost == i; }));
    EXPECT_EQ(pool.counters().idle, 0u);
  }
}

struct Bytes {
  const char* bytes;
  int code;
  const char* payload;
  bool kept;
  ResponseTo to = ResponseTo::kOther;
};

TEST_P(PoolTest, AnswersInEveryFramingAndSplit) {
  const Bytes cases[] = {
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n",
       200, "hello", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"
       "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
       404, "", true},
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello", 200, "hello",
       false},
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", 200, "", true, ResponseTo::kHead},
  };
  for (const Bytes& each : cases) {
    const std::string bytes = each.bytes;
    for (size_t step = 1; step <= bytes.size(); step += step < 8 ? 1 : 7) {
      RawServer tool(*world_, {});
      std::vector<std::string> pieces;
      for (size_t at = 0; at < bytes.size(); at += step) pieces.push_back(bytes.substr(at, step));
      std::vector<RawServer::Script> scripts;
      scripts.push_back(tool.AnswerAndHold(pieces));
      RawServer server(*world_, std::move(scripts));
      Pool pool(world_->network());
      Answer answer;
      world_->RunTask(
          [](Pool& from, net::Address at, ResponseTo to, Answer& into) -> rt::Task<void> {
            Lease lease = from.Take(at);
            co_await http::Ask(lease, into, to);
          }(pool, server.address(), each.to, answer));
      ASSERT_TRUE(answer.status.ok()) << answer.status.ToString() << bytes << step;
      EXPECT_EQ(answer.code, each.code);
      EXPECT_EQ(answer.payload, each.payload);
      EXPECT_TRUE(bytes.ends_with(answer.raw));
      EXPECT_EQ(pool.counters().idle, each.kept ? 1u : 0u) << bytes;
    }
  }
}

TEST_P(PoolTest, UntilClose) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.Answer({"HTTP/1.1 200 OK\r\n\r\nall ", "of it"}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  const Answer answer = Ask(pool, server.address());
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.payload, "all of it");
  EXPECT_EQ(pool.counters().idle, 0u);
}

TEST_P(PoolTest, BrokenAnswers) {
  struct Case {
    const char* bytes;
    Code code;
  };
  const Case cases[] = {
      {"", Code::kUnavailable},
      {"HTTP/1.1 200 O", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX", Code::kInvalid},
      {"SSH-2.0-OpenSSH\r\n\r\n", Code::kInvalid},
      {"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", Code::kInvalid},
  };
  for (const Case& each : cases) {
    RawServer tool(*world_, {});
    std::vector<RawServer::Script> scripts;
    scripts.push_back(tool.Answer({each.bytes}));
    RawServer server(*world_, std::move(scripts));
    Pool pool(world_->network());
    const Answer answer = Ask(pool, server.address());
    EXPECT_EQ(answer.status.code(), each.code) << each.bytes;
    EXPECT_TRUE(answer.connected);
    EXPECT_FALSE(answer.reused);
    EXPECT_EQ(pool.counters().idle, 0u);
  }
}

TEST_P(PoolTest, BytesBehindAnAnswerSpoilTheConnection) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold({std::string(kShort) + kShort}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  EXPECT_EQ(Ask(pool, server.address()).payload, "ok");
  EXPECT_EQ(pool.counters().idle, 0u);
}

TEST_P(PoolTest, RefusedConnections) {
  net::Address nowhere{"127.0.0.1", 0};
  {
    RawServer server(*world_, {});
    nowhere = server.address();
  }
  Pool pool(world_->network());
  const Answer answer = Ask(pool, nowhere);
  EXPECT_EQ(answer.status.code(), Code::kUnavailable);
  EXPECT_FALSE(answer.connected);
}

TEST_P(PoolTest, AbortMakesAPendingAwaitReturn) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold({}));
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  for (int i = 0; i < 2; ++i) {
    Lease lease = pool.Take(server.address());
    Answer answer;
    rt::Gate gate(world_->network().loop());
    rt::Spawn(http::Ask(lease, answer, ResponseTo::kOther), gate);
    world_->RunFor(milliseconds(20));
    ASSERT_EQ(gate.running(), 1u);
    EXPECT_EQ(answer.payload, i == 0 ? "" : "hel");
    lease->Abort(Status(Code::kCancelled, "no longer wanted"));
    ASSERT_TRUE(world_->RunUntil([&gate] { return gate.running() == 0; }));
    EXPECT_EQ(answer.status.code(), Code::kCancelled);
  }
  EXPECT_EQ(pool.counters().idle, 0u);
}

TEST_P(PoolTest, AWaitCanBeLimited) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  Answer answer;
  world_->RunTask([](Pool& from, net::Address at, Answer& into) -> rt::Task<void> {
    Lease lease = from.Take(at);
    lease->LimitWait(milliseconds(50));
    co_await http::Ask(lease, into, ResponseTo::kOther);
  }(pool, server.address(), answer));
  EXPECT_EQ(answer.status.code(), Code::kTimeout);
  EXPECT_EQ(answer.payload, "hel");
}

TEST_P(PoolTest, ForgottenServersKeepNoConnections) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold({kShort}));
  scripts.push_back(tool.AnswerAndHold({kShort}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  EXPECT_TRUE(Ask(pool, server.address()).status.ok());
  EXPECT_EQ(pool.counters().idle, 1u);
  pool.Forget(server.address());
  EXPECT_EQ(pool.counters().idle, 0u);
  {
    Lease lease = pool.Take(server.address());
    pool.Forget(server.address());
    Answer answer;
    world_->RunTask(http::Ask(lease, answer, ResponseTo::kOther));
    EXPECT_EQ(answer.payload, "ok");
  }
  EXPECT_EQ(pool.counters().idle, 0u);
}

TEST_P(PoolTest, IdleConnectionsAreLimited) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  for (int i = 0; i < 3; ++i) scripts.push_back(tool.AnswerAndHold({kShort}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network(), {.idle_per_address = 2});
  {
    Lease leases[3];
    for (Lease& lease : leases) {
      lease = pool.Take(server.address());
      Answer answer;
      world_->RunTask(http::Ask(lease, answer, ResponseTo::kOther));
      EXPECT_TRUE(answer.status.ok());
    }
    EXPECT_EQ(pool.counters().leased, 3u);
  }
  EXPECT_EQ(pool.counters().leased, 0u);
  EXPECT_EQ(pool.counters().idle, 2u);
}

TEST_P(PoolTest, LargeAnswersPassThrough) {
  std::string body(3'000'000, 'x');
  for (size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 23);
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold(
      {"HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n", body}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  const Answer answer = Ask(pool, server.address());
  EXPECT_TRUE(answer.status.ok());
  EXPECT_TRUE(answer.raw == body);
  EXPECT_LT(answer.parts, 300u);
}

TEST_P(PoolTest, LongHeadsGrowTheBuffer) {
  const std::string value(40'000, 'v');
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(
      tool.AnswerAndHold({"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: " + value, "\r\n\r\nok"}));
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\nx: " + value + value}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  const auto got = FetchFrom(pool, server.address());
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->Find("X"), value);
  EXPECT_EQ(got->body, "ok");
  pool.Forget(server.address());
  EXPECT_EQ(Ask(pool, server.address()).status.code(), Code::kInvalid);
}

TEST_P(PoolTest, FetchSendsAWholeRequest) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(
      tool.AnswerAndHold({"HTTP/1.1 201 Created\r\nX-A: b\r\ncontent-length: 2\r\n"
                          "\r\nok"}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  const Field fields[] = {{"x-key", "1"}};
  const auto got = FetchFrom(pool, server.address(),
                             {.method = "POST",
                              .path = "/a",
                              .fields = fields,
                              .body = "{}",
                              .host = "gpu-1.example",
                              .authorization = "Bearer k"});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->Find("x-a"), "b");
  EXPECT_EQ(got->Find("x-b"), "");
  EXPECT_EQ(got->body, "ok");
  EXPECT_EQ(tool.received(),
            "POST /a HTTP/1.1\r\nhost: gpu-1.example\r\nauthorization: Bearer k\r\n"
            "x-key: 1\r\ncontent-length: 2\r\n\r\n{}");
}

TEST_P(PoolTest, FetchAsksAgainAfterAStaleConnection) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back([&tool](net::Stream& stream) -> rt::Task<void> {
    (void)co_await tool.AwaitBytes(stream, "\r\n\r\n");
    (void)co_await net::Write(stream, std::string_view(kShort));
    (void)co_await tool.AwaitBytes(stream, "\r\n\r\n");  // and closes without an answer
  });
  scripts.push_back(tool.AnswerAndHold({kShort}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  EXPECT_TRUE(FetchFrom(pool, server.address()).ok());
  EXPECT_TRUE(FetchFrom(pool, server.address()).ok());
  EXPECT_EQ(server.accepted(), 2u);
}

TEST_P(PoolTest, FetchLimits) {
  RawServer tool(*world_, {});
  std::vector<RawServer::Script> scripts;
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n"}));
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x')}));
  scripts.push_back(tool.AnswerAndHold({"HTTP/1.1 200 OK\r\n"}));
  RawServer server(*world_, std::move(scripts));
  Pool pool(world_->network());
  const FetchLimits limits{.max_bytes = 100, .timeout = milliseconds(100)};
  EXPECT_EQ(FetchFrom(pool, server.address(), {}, limits).status().code(), Code::kExhausted);
  EXPECT_EQ(FetchFrom(pool, server.address(), {}, limits).status().code(), Code::kExhausted);
  EXPECT_EQ(FetchFrom(pool, server.address(), {}, limits).status().code(), Code::kTimeout);
  EXPECT_EQ(pool.counters().leased, 0u);
}

INSTANTIATE_TEST_SUITE_P(On, PoolTest, testing::Values(WorldKind::kTcp, WorldKind::kSim),
                         [](const auto& kind) { return WorldName(kind.param); });

}  // namespace
}  // namespace fairway::http
