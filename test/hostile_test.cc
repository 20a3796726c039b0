// Hostile clients: what breaks HTTP, JSON or patience gets its row of the error table or a closed
// connection, memory stays flat, and everybody else is served. Over real sockets, simulated and
// encrypted.

#include <gtest/gtest.h>

#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

constexpr std::string_view kGood =
    R"({"model":"m","messages":[{"role":"user","content":"Tell me"}],"max_tokens":4})";

std::string WithContent(std::string_view content) {
  return R"({"model":"m","messages":[{"role":"user","content":")" + std::string(content) +
         R"("}],"max_tokens":4})";
}

template <class World>
class Hostile : public testing::Test {
 protected:
  using Stream = std::unique_ptr<net::Stream>;

  Hostile() : rig_(RigOptions{}) {}

  Stream Connect() { return rig_.world.client.Connect(rig_.front.local()); }
  // Sends all of it unless the other side stops taking it; what comes back until the end.
  std::string Exchange(std::string_view bytes, size_t times = 1) {
    const Stream stream = Connect();
    std::string answer;
    std::string_view left = bytes;
    const bool ended = rig_.Until([&] {
      while (times > 0 && !left.empty()) {
        const net::IoResult moved = stream->TryWrite({&left, 1});
        if (moved.state == net::IoState::kFailed) times = 0;
        if (moved.state != net::IoState::kOk) break;
        left.remove_prefix(moved.bytes);
        if (left.empty() && --times > 0) left = bytes;
      }
      std::array<char, 4096> buffer;
      for (;;) {
        const net::IoResult got = stream->TryRead(buffer);
        if (got.state == net::IoState::kWouldBlock) return false;
        if (got.state != net::IoState::kOk) return true;
        answer.append(buffer.data(), got.bytes);
      }
    });
    EXPECT_TRUE(ended) << "the connection was not closed: " << answer;
    return answer;
  }
  // After whatever a test did: a request of somebody else, and nothing held.
  void ExpectWell() {
    const auto answer = rig_.Send(kGood);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(rig_.Until([&] { return rig_.InFlight() == 0; }));
    EXPECT_TRUE(rig_.Until([&] { return rig_.front.counters().buffered_bytes < 256 * 1024; }));
  }

  GatewayRig<World> rig_;
};

using Worlds = testing::Types<RealWorld, SimulatedWorld, TlsWorld>;
TYPED_TEST_SUITE(Hostile, Worlds);

TYPED_TEST(Hostile, BrokenJsonIsABadRequest) {
  const std::string deep = R"({"model":"m","messages":)" + std::string(100'000, '[');
  const std::string deep_whole = R"({"model":"m","x":)" + std::string(100'000, '[') +
                                 std::string(100'000, ']') + R"(,"messages":[]})";
  const std::string deep_objects = [] {
    std::string text = R"({"model":"m","messages":)";
    for (int i = 0; i < 100'000; ++i) text += R"({"a":)";
    return text;
  }();
  const std::string bad[] = {
      std::string(kGood.substr(0, kGood.size() - 1)),
      std::string(kGood.substr(0, 20)),
      R"({"model":"m","messages":[{"role":"user","content":"cut)",
      R"({"model":"m)",
      "{",
      "[]",
      "\"m\"",
      "nonsense",
      R"({"model":"m","model":"n","messages":[]})",
      deep,
      deep_whole,
      deep_objects,
  };
  for (const std::string& body : bad) {
    const auto answer = this->rig_.Send(body);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString() << body.substr(0, 60);
    EXPECT_EQ(answer->status, 400) << body.substr(0, 60);
    EXPECT_EQ(answer->Find("x-fairway-reason"), "bad-request") << body.substr(0, 60);
    EXPECT_NE(answer->body.find("\"error\""), std::string::npos);
  }
  this->ExpectWell();
}

// Forwarded as they came or refused, but never more.
TYPED_TEST(Hostile, TextThatIsNoTextHarmsNobody) {
  const std::string odd[] = {
      WithContent("\xff\xfe\xfd"),
      WithContent("\xc3"),
      WithContent("\xed\xa0\x80"),
      WithContent(R"(\ud800)"),
      WithContent(R"(\udc00 x)"),
      WithContent(R"(\ud800\ud800)"),
      WithContent(R"(\u0000)"),
      WithContent("\xf4\x90\x80\x80"),
      R"({"model":"m\ud800","messages":[]})",
      "{\"model\":\"\xff\",\"messages\":[]}",
      std::string("{\"model\":\"m\0\",\"messages\":[]}", 29),
  };
  for (const std::string& body : odd) {
    const auto answer = this->rig_.Send(body);
    ASSERT_TRUE(answer.ok()) << answer.status().ToString() << body;
    EXPECT_TRUE(answer->status == 200 || answer->status == 400 || answer->status == 404)
        << answer->status << " " << body;
  }
  this->ExpectWell();
}

TYPED_TEST(Hostile, AHundredMegabytesAgainstALimitOf32) {
  const std::string announced =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\n"
      "content-length: 104857600\r\n\r\n";
  const std::string refused = this->Exchange(announced);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
  EXPECT_NE(refused.find("--max-body-bytes"), std::string::npos) << refused;
  this->ExpectWell();
}

TYPED_TEST(Hostile, AMegabyteOfHeadersIsTooLarge) {
  const std::string start = "GET /v1/models HTTP/1.1\r\nhost: g\r\n";
  const std::string one =
      this->Exchange(start + "x-big: " + std::string(1 << 20, 'x') + "\r\n\r\n");
  EXPECT_TRUE(one.starts_with("HTTP/1.1 431 ")) << one.substr(0, 100);
  std::string many = start;
  for (int i = 0; many.size() < (1 << 20); ++i) many += "x-" + std::to_string(i) + ": y\r\n";
  EXPECT_TRUE(this->Exchange(many + "\r\n").starts_with("HTTP/1.1 431 "));
  const std::string long_target = "GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n\r\n";
  EXPECT_TRUE(this->Exchange(long_target).starts_with("HTTP/1.1 4"));
  this->ExpectWell();
}

// Each could be read in two ways by two parties, and hide a second request from one of them.
TYPED_TEST(Hostile, NothingIsSmuggled) {
  const std::string post = "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n";
  const std::string hidden = "GET /v1/hidden HTTP/1.1\r\nhost: g\r\n\r\n";
  const std::string cases[] = {
      post + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n" + hidden,
      post + "content-length: 0\r\ncontent-length: 44\r\n\r\n" + hidden,
      post + "content-length: 0, 44\r\n\r\n" + hidden,
      post + "content-length: +5\r\n\r\nhello" + hidden,
      post + "content-length: 0x5\r\n\r\nhello" + hidden,
      post + "content-length: 99999999999999999999\r\n\r\n" + hidden,
      post + "content-length : 5\r\n\r\nhello" + hidden,
      post + "transfer-encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post +
          "transfer-encoding:\x0b"
          "chunked\r\n\r\n0\r\n\r\n" +
          hidden,
      post + "x: y\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: chunked\r\n\r\n-1\r\n" + hidden,
      post + "transfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n" + hidden,
      post + "transfer-encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n" + hidden,
      post + "transfer-encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n" + hidden,
      "POST /v1/chat/completions HTTP/1.0\r\nhost: g\r\ntransfer-encoding: "
      "chunked\r\n\r\n0\r\n\r\n" +
          hidden,
      "GET /v1/models HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n" + hidden,
      "GET /v1/models HTTP/1.1\r\n\r\n" + hidden,
      "GET /v1/models HTTP/1.1\r\nhost: g\r\nx\x01y: z\r\n\r\n",
      "GET  /v1/models HTTP/1.1\r\nhost: g\r\n\r\n" + hidden,
      "GET /v1/models\r\nhost: g\r\n\r\n" + hidden,
      "GET /v1/models HTTP/1.1\nhost: g\n\n" + hidden,
      "GET /v1/mod\rels HTTP/1.1\r\nhost: g\r\n\r\n" + hidden,
  };
  for (const std::string& bytes : cases) {
    const std::string answer = this->Exchange(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5"))
        << bytes << "\n-> " << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "a second answer to\n" << bytes;
  }
  for (const auto& line : this->rig_.told.lines)
    EXPECT_EQ(line.endpoint, "") << "a server was asked";
  this->ExpectWell();
}

TYPED_TEST(Hostile, HopByHopFieldsStayBehind) {
  const auto answer = this->rig_.Send(
      kGood, {{"connection", "x-secret, close"}, {"x-secret", "1"}, {"te", "trailers"}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
}

// At virtual time.
class HostileTime : public Hostile<SimulatedWorld> {
 protected:
  Stream Connected() {
    Stream stream = Connect();
    Pass(std::chrono::milliseconds(1));
    return stream;
  }
  void Pass(base::Duration time) {
    rig_.world.loop.RunUntil([] { return false; }, time);
  }
};

TEST_F(HostileTime, SlowHeadsAreCutWhileOthersAreServed) {
  std::vector<Stream> slow;
  for (int i = 0; i < 300; ++i) slow.push_back(Connected());
  const std::string head =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nx: " + std::string(100, 'y');
  for (size_t second = 0; second < 9; ++second) {
    for (const Stream& stream : slow) {
      const std::string_view byte = std::string_view(head).substr(second, 1);
      EXPECT_EQ(stream->TryWrite({&byte, 1}).bytes, 1u);
    }
    Pass(std::chrono::seconds(1));
    const auto answer = rig_.Send(kGood);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 200);
  }
  Pass(std::chrono::seconds(5));
  for (const Stream& stream : slow) {
    std::array<char, 1000> buffer;
    const net::IoResult got = stream->TryRead(buffer);
    EXPECT_TRUE(std::string_view(buffer.data(), got.bytes).starts_with("HTTP/1.1 408 "));
  }
  slow.clear();
  ExpectWell();
}

TEST_F(HostileTime, SlowBodiesAreCutToo) {
  const Stream stream = Connected();
  std::string_view head =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 1000000\r\n\r\n{";
  EXPECT_EQ(stream->TryWrite({&head, 1}).bytes, head.size());
  Pass(std::chrono::seconds(40));
  std::array<char, 1000> buffer;
  EXPECT_NE(stream->TryRead(buffer).state, net::IoState::kWouldBlock);
  ExpectWell();
}

// Without an announced length the body is read up to the limit and no further.
TEST_F(HostileTime, AnEndlessChunkedBodyIsCutAtTheLimit) {
  const Stream stream = Connected();
  std::string_view head =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n";
  EXPECT_EQ(stream->TryWrite({&head, 1}).bytes, head.size());
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  size_t sent = 0;
  size_t most_held = 0;
  std::string answer;
  std::string_view left = chunk;
  for (int turn = 0; turn < 100'000 && sent < (size_t{100} << 20); ++turn) {
    const net::IoResult moved = stream->TryWrite({&left, 1});
    if (moved.state == net::IoState::kFailed) break;
    sent += moved.bytes;
    left.remove_prefix(moved.bytes);
    if (left.empty()) left = chunk;
    most_held = std::max(most_held, rig_.front.counters().buffered_bytes);
    std::array<char, 1000> buffer;
    const net::IoResult got = stream->TryRead(buffer);
    answer.append(buffer.data(), got.bytes);
    if (got.state == net::IoState::kEnd || got.state == net::IoState::kFailed) break;
    if (moved.state == net::IoState::kWouldBlock) Pass(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer.substr(0, 200);
  EXPECT_LT(sent, size_t{40} << 20);
  EXPECT_LT(most_held, size_t{100} << 20);
  ExpectWell();
}

}  // namespace
}  // namespace fairway::test
