// Upgraded connections through the gateway: a client and a model server that leave HTTP, over real
// sockets, simulated and encrypted.

#include <gtest/gtest.h>

#include "net/io.h"
#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

// Serves model "m" and takes every upgrade: says "hi" along with its 101, then echoes until the
// client's end, and says "bye".
class Realtime final : public http::Handler {
 public:
  rt::Task<void> Handle(http::Exchange& exchange) override {
    const http::RequestHead& head = exchange.head();
    if (head.path() == "/v1/models") {
      (void)co_await exchange.Respond(200, "application/json",
                                      R"({"object":"list","data":[{"id":"m","object":"model"}]})");
    } else if (!head.fields.Find("upgrade")) {
      (void)co_await exchange.Respond(426, "text/plain", "upgrade, please");
    } else if (head.fields.Find("x-refuse")) {
      (void)co_await exchange.Respond(403, "text/plain", "not you");
    } else {
      target = head.target;
      host = head.host;
      upgrade = head.fields.Find("upgrade").value_or("");
      key = head.fields.Find("sec-websocket-key").value_or("");
      co_await Talk(exchange);
    }
  }

  std::string target, host, upgrade, key;
  int open = 0;

 private:
  rt::Task<void> Talk(http::Exchange& exchange) {
    const std::array<std::string_view, 1> agreed = {
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhi"};
    const base::Status sent = co_await exchange.SendRaw(agreed);
    auto raw = exchange.TakeOver();
    if (!sent.ok() || !raw) co_return;
    ++open;
    std::array<char, 4096> buffer;
    for (;;) {
      const net::IoResult got = co_await net::Read(raw->stream, buffer);
      if (got.state == net::IoState::kEnd) {
        (void)co_await net::Write(raw->stream, std::string_view("bye"));
        raw->stream.ShutdownWrite();
      }
      if (got.state != net::IoState::kOk) break;
      const std::string_view back(buffer.data(), got.bytes);
      const base::Status echoed = co_await net::Write(raw->stream, back);
      if (!echoed.ok()) break;
    }
    --open;
  }
};

template <class World>
class Tunnels : public testing::Test {
 protected:
  void Start(gateway::Options options = {}) {
    rig_.emplace(RigOptions{.servers = 0, .gateway = std::move(options)});
    server_.emplace(rig_->world.servers, realtime_);
    ASSERT_TRUE(server_->Listen({rig_->world.ServerIp(), 0}, net::PortSharing::kExclusive).ok());
    const net::Address& at = server_->local();
    const auto added =
        rig_->pool.table.Add({.ip = at.ip, .port = at.port, .authority = "gpu-1.example:8001"});
    ASSERT_TRUE(added.ok());
    rig_->pool.Publish();
    ASSERT_TRUE(
        rig_->Until([&] { return rig_->pool.table.members().Copy()->FindServed("m") != nullptr; }));
  }
  ~Tunnels() override {
    client_.reset();
    if (!server_) return;
    rt::Spawn(server_->Stop(), rig_->gate);
    EXPECT_TRUE(rig_->Until([this] { return rig_->gate.running() == 0; }));
    EXPECT_EQ(realtime_.open, 0);
  }

  void Connect() { client_ = rig_->world.client.Connect(rig_->front.local()); }
  void Send(std::string_view text) {
    EXPECT_TRUE(rig_->Until([&] {
      if (!text.empty()) text.remove_prefix(client_->TryWrite({&text, 1}).bytes);
      return text.empty();
    }));
  }
  // What came, until it ends with `end`.
  std::string ReadUntil(std::string_view end) {
    std::string got;
    EXPECT_TRUE(rig_->Until([&] {
      std::array<char, 1000> buffer;
      const net::IoResult moved = client_->TryRead(buffer);
      got.append(buffer.data(), moved.bytes);
      return got.ends_with(end);
    })) << got;
    return got;
  }
  bool SeesEnd(net::IoState state) {
    return rig_->Until([&] {
      std::array<char, 1000> buffer;
      return client_->TryRead(buffer).state == state;
    });
  }
  void Upgrade(std::string_view target = "/v1/realtime?model=m", std::string_view more = "") {
    Connect();
    Send("GET " + std::string(target) +
         " HTTP/1.1\r\nHost: gateway\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n");
  }
  const Told::Line& Line() {
    EXPECT_TRUE(rig_->Until([&] { return !rig_->told.lines.empty(); }));
    return rig_->told.lines.at(0);
  }

  std::optional<GatewayRig<World>> rig_;
  Realtime realtime_;
  std::optional<http::Server> server_;
  std::unique_ptr<net::Stream> client_;
};

using Worlds = testing::Types<RealWorld, SimulatedWorld, TlsWorld>;
TYPED_TEST_SUITE(Tunnels, Worlds);

TYPED_TEST(Tunnels, CarriesBothWaysUntilBothHaveEnded) {
  this->Start();
  this->Upgrade();
  const std::string head = this->ReadUntil("\r\n\r\nhi");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_NE(head.find("\r\nconnection: upgrade\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nupgrade: websocket\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nx-request-id: "), std::string::npos) << head;
  EXPECT_EQ(this->realtime_.target, "/v1/realtime?model=m");
  EXPECT_EQ(this->realtime_.host, "gpu-1.example:8001");
  EXPECT_EQ(this->realtime_.upgrade, "websocket");
  EXPECT_EQ(this->realtime_.key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(this->rig_->InFlight(), 1u);
  for (int i = 0; i < 10; ++i) {
    const std::string message = "message " + std::to_string(i) + ";";
    this->Send(message);
    EXPECT_EQ(this->ReadUntil(";"), message);
  }
  EXPECT_TRUE(this->rig_->told.lines.empty());
  this->client_->ShutdownWrite();
  EXPECT_EQ(this->ReadUntil("bye"), "bye");
  EXPECT_TRUE(this->SeesEnd(net::IoState::kEnd));
  EXPECT_EQ(this->Line().status, 101);
  EXPECT_EQ(this->Line().reason, "none");
  EXPECT_EQ(this->Line().model, "m");
  EXPECT_EQ(this->rig_->InFlight(), 0u);
}

TYPED_TEST(Tunnels, BytesSentWithTheRequestGoAlong) {
  this->Start();
  this->Upgrade("/v1/realtime", "X-A: b\r\n\r\nearly;");  // behind the head's end
  const std::string got = this->ReadUntil("\r\n\r\nhiearly;\r\n");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 101 ")) << got;
}

TYPED_TEST(Tunnels, AClientThatGoesIsTold) {
  this->Start();
  this->Upgrade();
  this->ReadUntil("hi");
  this->client_->Abort({base::Code::kCancelled, "gone"});
  EXPECT_EQ(this->Line().reason, "client-gone");
  EXPECT_TRUE(this->rig_->Until([&] { return this->realtime_.open == 0; }));
  EXPECT_EQ(this->rig_->InFlight(), 0u);
}

TYPED_TEST(Tunnels, AServerThatRefusesIsHeard) {
  this->Start();
  this->Upgrade("/v1/realtime", "X-Refuse: 1\r\n");
  const std::string got = this->ReadUntil("not you");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 403 ")) << got;
  EXPECT_EQ(this->Line().status, 403);
  EXPECT_EQ(this->Line().reason, "none");
}

TYPED_TEST(Tunnels, AnUnknownModelIsRefused) {
  this->Start();
  this->Upgrade("/v1/realtime?model=other");
  const std::string got = this->ReadUntil("}");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 404 ")) << got;
  EXPECT_EQ(this->Line().reason, "unknown-model");
}

TYPED_TEST(Tunnels, TwoModelsInTheQueryAreRefused) {
  this->Start();
  this->Upgrade("/v1/realtime?model=m&model=n");
  EXPECT_TRUE(this->ReadUntil("}").starts_with("HTTP/1.1 400 "));
}

TYPED_TEST(Tunnels, NoOtherHttpIsReachedThroughOne) {
  this->Start();
  for (const char* protocol : {"h2c", "HTTP/2.0", "TLS/1.0", "websocket, h2c", "h2c, websocket"}) {
    this->Connect();
    this->Send(
        "GET /v1/realtime HTTP/1.1\r\nHost: g\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: " +
        std::string(protocol) + "\r\n\r\n");
    const std::string got = this->ReadUntil("upgrade, please");  // it came without an upgrade
    EXPECT_TRUE(got.starts_with("HTTP/1.1 426 ")) << protocol << got;
  }
  EXPECT_EQ(this->realtime_.target, "");
}

TYPED_TEST(Tunnels, ConnectIsRefused) {
  this->Start();
  this->Connect();
  this->Send("CONNECT 10.0.1.1:22 HTTP/1.1\r\nHost: 10.0.1.1:22\r\n\r\n");
  EXPECT_TRUE(this->ReadUntil("}").starts_with("HTTP/1.1 501 "));
  EXPECT_TRUE(this->SeesEnd(net::IoState::kEnd));
}

// At virtual time.
class TunnelTime : public Tunnels<SimulatedWorld> {
 protected:
  void Pass(base::Duration time) {
    rig_->world.loop.RunUntil([] { return false; }, time);
  }
};

TEST_F(TunnelTime, AQuietOneIsCutAndTold) {
  Start({.tunnel_idle = std::chrono::seconds(100)});
  Upgrade();
  ReadUntil("hi");
  Pass(std::chrono::seconds(99));
  Send("still here;");
  ReadUntil(";");
  Pass(std::chrono::seconds(99));
  EXPECT_TRUE(rig_->told.lines.empty());
  Pass(std::chrono::seconds(2));
  EXPECT_EQ(Line().reason, "timeout-idle");
  EXPECT_TRUE(SeesEnd(net::IoState::kFailed));
}

TEST_F(TunnelTime, AQuietOneMayStayOpenWithinItsTime) {
  Start({.tunnel_idle = std::chrono::hours(1)});
  Upgrade();
  ReadUntil("hi");
  Pass(std::chrono::minutes(30));
  EXPECT_FALSE(rig_->pool.health.AnyTrouble());
  EXPECT_TRUE(rig_->told.lines.empty());
  client_.reset();
  EXPECT_EQ(Line().status, 101);
}

}  // namespace
}  // namespace fairway::test
