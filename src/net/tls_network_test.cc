#include "net/tls_network.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>
#include <vector>

#include "crypto/tls_session.h"
#include "net/io.h"
#include "net/tls_fixture.h"
#include "rt/gate.h"

namespace fairway::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Page(const obs::Registry& registry) {
  std::string page;
  registry.Render(page);
  return page;
}

rt::Task<void> ReadAll(Stream& stream, std::string& bytes, IoState& last) {
  std::array<char, 5000> buffer;
  for (;;) {
    const IoResult got = co_await Read(stream, buffer);
    last = got.state;
    if (got.state != IoState::kOk) co_return;
    bytes.append(buffer.data(), got.bytes);
  }
}

class TlsNetworkTest : public testing::Test {
 protected:
  void Listen(TlsNetworkOptions options) {
    options.server = &rig_.context;
    server_.emplace(rig_.under.server, rig_.registry, std::move(options));
    auto listener = server_->Listen(
        rig_.at, PortSharing::kExclusive,
        [this](std::unique_ptr<Stream> stream) { accepted_.push_back(std::move(stream)); });
    ASSERT_TRUE(listener.ok());
    listener_ = *std::move(listener);
  }
  void Listen() { Listen({}); }
  void Pass(base::Duration time) {
    rig_.loop.RunUntil([] { return false; }, time);
  }
  // The connection's end, after the handshake or its failure.
  std::unique_ptr<Stream> Connect(Network& network, const std::string& name) {
    const Address& at = listener_->local();
    auto stream = network.Connect({.ip = at.ip, .port = at.port, .tls_name = name});
    Pass(milliseconds(100));
    return stream;
  }
  std::unique_ptr<Stream> Connect() { return Connect(rig_.client_tls, kTlsTestName); }
  std::unique_ptr<Stream> ConnectPlain() {
    auto stream = rig_.under.client.Connect(listener_->local());
    Pass(milliseconds(1));
    return stream;
  }

  TlsRig<SimRig> rig_;
  rt::Gate gate_{rig_.loop};
  std::optional<TlsNetwork> server_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Stream>> accepted_;
};

TEST_F(TlsNetworkTest, AStreamTellsTheProtocolAgreedOn) {
  constexpr std::string_view kBoth[] = {"h2", "http/1.1"};
  constexpr std::string_view kOne[] = {"http/1.1"};
  rig_.context.Publish(ServerContext(rig_.certificate, kBoth));
  Listen();
  TlsNetwork client(rig_.under.client, rig_.registry,
                    {.client = ClientContext(rig_.certificate, kOne)});
  const auto near = Connect(client, kTlsTestName);
  ASSERT_EQ(accepted_.size(), 1u);
  EXPECT_EQ(accepted_[0]->alpn(), "http/1.1");
  EXPECT_EQ(near->alpn(), "http/1.1");
}

TEST_F(TlsNetworkTest, AnotherNameIsRefusedWithTheReason) {
  Listen();
  const auto near = Connect(rig_.client_tls, "else.test");
  EXPECT_EQ(near->failure().code(), base::Code::kUnavailable);
  EXPECT_NE(near->failure().message().find("hostname mismatch"), std::string::npos)
      << near->failure().message();
  EXPECT_TRUE(accepted_.empty());
  EXPECT_NE(Page(rig_.registry).find("fairway_tls_handshakes_total{outcome=\"failed\"} 1"),
            std::string::npos);
}

TEST_F(TlsNetworkTest, WithoutATlsNameItIsPlaintext) {
  auto listener = rig_.client_tls.Listen(
      {"10.0.0.2", 0}, PortSharing::kExclusive,
      [this](std::unique_ptr<Stream> stream) { accepted_.push_back(std::move(stream)); });
  ASSERT_TRUE(listener.ok());
  const auto near = rig_.client_tls.Connect((*listener)->local());
  Pass(milliseconds(1));
  ASSERT_EQ(accepted_.size(), 1u);
  const std::string_view piece = "in the clear";
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, piece.size());
  Pass(milliseconds(1));
  std::array<char, 100> buffer;
  EXPECT_EQ(accepted_[0]->TryRead(buffer).bytes, piece.size());
}

TEST_F(TlsNetworkTest, WithoutAClientContextATlsNameFails) {
  Listen();
  const auto near = Connect(*server_, kTlsTestName);
  EXPECT_EQ(near->failure().code(), base::Code::kInvalid);
}

TEST_F(TlsNetworkTest, ASilentClientRunsOutOfTime) {
  Listen({.handshake_timeout = seconds(3)});
  const auto silent = ConnectPlain();
  Pass(milliseconds(2900));
  std::array<char, 100> buffer;
  EXPECT_EQ(silent->TryRead(buffer).state, IoState::kWouldBlock);
  Pass(milliseconds(200));
  EXPECT_EQ(silent->TryRead(buffer).state, IoState::kEnd);
  EXPECT_TRUE(accepted_.empty());
}

TEST_F(TlsNetworkTest, PlaintextAndNoiseDisturbNobody) {
  Listen();
  const auto near = Connect();
  const std::string noise(20'000, '\x16');
  for (const std::string_view bytes : {std::string_view("GET / HTTP/1.1\r\n\r\n"),
                                       std::string_view(noise), std::string_view("\x16\x03\x01")}) {
    auto peer = ConnectPlain();
    ASSERT_GT(peer->TryWrite({&bytes, 1}).bytes, 0u);
    Pass(milliseconds(10));
    peer.reset();
    Pass(milliseconds(10));
  }
  EXPECT_NE(Page(rig_.registry).find("fairway_tls_handshakes_total{outcome=\"failed\"} 3"),
            std::string::npos);
  ASSERT_EQ(accepted_.size(), 1u);
  EXPECT_TRUE(accepted_[0]->failure().ok());
  EXPECT_TRUE(near->failure().ok());
}

TEST_F(TlsNetworkTest, HandshakesUnderWayAreLimited) {
  Listen({.handshakes = 2});
  const auto first = ConnectPlain();
  const auto second = ConnectPlain();
  const auto third = ConnectPlain();
  std::array<char, 10> buffer;
  EXPECT_EQ(second->TryRead(buffer).state, IoState::kWouldBlock);
  EXPECT_EQ(third->TryRead(buffer).state, IoState::kEnd);
  EXPECT_NE(Page(rig_.registry).find("fairway_tls_handshakes_total{outcome=\"refused\"} 1"),
            std::string::npos);
}

TEST_F(TlsNetworkTest, AClosedListenerDropsHandshakes) {
  Listen();
  const auto half = ConnectPlain();
  listener_->Close();
  Pass(milliseconds(1));
  std::array<char, 10> buffer;
  EXPECT_EQ(half->TryRead(buffer).state, IoState::kEnd);
}

TEST_F(TlsNetworkTest, AReplacedContextIsForNewConnections) {
  Listen();
  const auto before = Connect();
  const crypto::SelfSigned renewed = MakeTestCertificate();
  rig_.context.Publish(ServerContext(renewed));
  const auto untrusting = Connect();
  EXPECT_FALSE(untrusting->failure().ok());
  TlsNetwork client(rig_.under.client, rig_.registry, {.client = ClientContext(renewed)});
  const auto after = Connect(client, kTlsTestName);
  EXPECT_TRUE(after->failure().ok());
  const std::string_view piece = "still here";
  ASSERT_EQ(before->TryWrite({&piece, 1}).bytes, piece.size());
  Pass(milliseconds(1));
  std::array<char, 100> buffer;
  EXPECT_EQ(accepted_.at(0)->TryRead(buffer).bytes, piece.size());
}

// Speaks TLS by hand over a plaintext stream, and goes without close_notify.
class RudeClient final : public crypto::RecordTransport {
 public:
  RudeClient(std::unique_ptr<Stream> lower, const crypto::TlsClientContext& context)
      : lower_(std::move(lower)),
        session_(*crypto::TlsSession::Client(context, kTlsTestName, *this)) {}
  crypto::TlsSession& session() { return session_; }
  void Go() { lower_.reset(); }
  Received Receive(std::span<char> into) override {
    const IoResult got = lower_->TryRead(into);
    if (got.state == IoState::kOk) return {State::kOk, got.bytes};
    return {got.state == IoState::kWouldBlock ? State::kWouldBlock : State::kFailed, 0};
  }
  bool Send(std::string_view records) override {
    return lower_->TryWrite({&records, 1}).bytes == records.size();
  }

 private:
  std::unique_ptr<Stream> lower_;
  crypto::TlsSession session_;
};

TEST_F(TlsNetworkTest, AnEndWithoutCloseNotifyIsNoEnd) {
  Listen();
  RudeClient client(ConnectPlain(), ClientContext(rig_.certificate));
  for (int i = 0; i < 5; ++i) {
    (void)client.session().Handshake();
    Pass(milliseconds(1));
  }
  ASSERT_EQ(accepted_.size(), 1u);
  ASSERT_EQ(client.session().Write("half a mess"), crypto::TlsSession::State::kOk);
  client.Go();
  std::string got;
  IoState last = IoState::kOk;
  rt::Spawn(ReadAll(*accepted_[0], got, last), gate_);
  Pass(milliseconds(10));
  EXPECT_EQ(got, "half a mess");
  EXPECT_EQ(last, IoState::kFailed);
  EXPECT_EQ(accepted_[0]->failure().code(), base::Code::kUnavailable);
}

TEST_F(TlsNetworkTest, WhatWasWrittenBeforeTheEndStillArrives) {
  rig_.under.world.SetPath({"10.0.0.1", 20'000}, {.window = 1000});
  Listen();
  ASSERT_EQ(listener_->local().port, 20'000);
  auto near = Connect();
  ASSERT_EQ(accepted_.size(), 1u);
  const std::string sent(10'000, 'x');
  const std::string_view piece = sent;
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, sent.size());
  near.reset();  // most of it lies in front of a full window
  std::string got;
  IoState last = IoState::kOk;
  rt::Spawn(ReadAll(*accepted_[0], got, last), gate_);
  Pass(milliseconds(100));
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_EQ(last, IoState::kEnd);
}

TEST_F(TlsNetworkTest, APeerThatTakesNothingIsLeftAfterATime) {
  rig_.under.world.SetPath({"10.0.0.1", 20'000}, {.window = 1000});
  Listen();
  auto near = Connect();
  const std::string sent(10'000, 'x');
  const std::string_view piece = sent;
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, sent.size());
  near.reset();
  Pass(TlsLinger::kLimit + seconds(1));
  std::string got;
  IoState last = IoState::kOk;
  rt::Spawn(ReadAll(*accepted_.at(0), got, last), gate_);
  Pass(milliseconds(100));
  EXPECT_EQ(last, IoState::kFailed);
}

// Sends a block over and takes it in at the other side.
void Carry(rt::EpollLoop& loop, Stream& from, Stream& to, std::string_view block) {
  std::array<char, 20'000> buffer;
  size_t read = 0;
  std::string_view left = block;
  const bool carried = loop.RunUntil(
      [&] {
        if (!left.empty()) left.remove_prefix(from.TryWrite({&left, 1}).bytes);
        while (const size_t bytes = to.TryRead(buffer).bytes) read += bytes;
        return read == block.size();
      },
      seconds(20));
  EXPECT_TRUE(carried);
}

// 40 KB an open TLS stream is the goal. Both ends live here, and each has carried large records.
TEST(TlsStream, AnIdleOneIsSmall) {
  constexpr size_t kStreams = 100;
  TlsRig<TcpRig> rig;
  std::vector<std::unique_ptr<Stream>> accepted;
  std::vector<std::unique_ptr<Stream>> clients;
  accepted.reserve(kStreams + 1);
  clients.reserve(kStreams + 1);
  auto listener = rig.server.Listen(
      rig.at, PortSharing::kExclusive,
      [&](std::unique_ptr<Stream> stream) { accepted.push_back(std::move(stream)); });
  ASSERT_TRUE(listener.ok());
  const std::string block(100'000, 'x');
  const auto open = [&] {
    clients.push_back(rig.client.Connect((*listener)->local()));
    ASSERT_TRUE(rig.loop.RunUntil([&] { return accepted.size() == clients.size(); }, seconds(20)));
    Carry(rig.loop, *clients.back(), *accepted.back(), block);
    Carry(rig.loop, *accepted.back(), *clients.back(), block);
  };
  open();  // what is made once
  const size_t before = ::mallinfo2().uordblks;
  for (size_t i = 0; i < kStreams; ++i) open();
  const size_t each = (::mallinfo2().uordblks - before) / (2 * kStreams);
  RecordProperty("bytes_a_stream", static_cast<int>(each));
  EXPECT_LT(each, 40'000u);
}

}  // namespace
}  // namespace fairway::net
