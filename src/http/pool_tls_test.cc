// A Pool and a Server over TLS: connections are kept by whom the server proved to be.
#include <gtest/gtest.h>

#include <optional>

#include "http/fetch.h"
#include "http/server.h"
#include "net/tls_fixture.h"
#include "rt/gate.h"

namespace fairway::http {
namespace {

class Echo final : public Handler {
 public:
  rt::Task<void> Handle(Exchange& exchange) override {
    const auto body = co_await exchange.Body(10 << 20);
    if (body.ok()) (void)co_await exchange.Respond(200, "text/plain", *body);
  }
};

template <class Under>
class PoolTls : public testing::Test {
 protected:
  PoolTls() {
    EXPECT_TRUE(server_.Listen(rig_.at, net::PortSharing::kExclusive).ok());
    at_ = server_.local();
    at_.tls_name = net::kTlsTestName;
  }
  ~PoolTls() override {
    rt::Spawn(server_.Stop(), gate_);
    EXPECT_TRUE(
        rig_.loop.RunUntil([this] { return gate_.running() == 0; }, std::chrono::seconds(20)));
  }

  base::Result<FetchedResponse> Ask(const net::Address& to, std::string_view body) {
    std::optional<base::Result<FetchedResponse>> got;
    rt::Spawn(AskInto(to, body, got), gate_);
    EXPECT_TRUE(rig_.loop.RunUntil([&got] { return got.has_value(); }, std::chrono::seconds(20)));
    return *std::move(got);
  }
  rt::Task<void> AskInto(net::Address to, std::string_view body,
                         std::optional<base::Result<FetchedResponse>>& into) {
    const FetchRequest request{.method = "POST", .body = body};
    const FetchLimits limits{.max_bytes = 10 << 20};
    into = co_await Fetch(pool_, std::move(to), request, limits);
  }

  net::TlsRig<Under> rig_;
  Echo echo_;
  Server server_{rig_.server, echo_};
  Pool pool_{rig_.client_tls};
  net::Address at_;
  rt::Gate gate_{rig_.loop};
};

using Unders = testing::Types<net::TcpRig, net::SimRig>;
TYPED_TEST_SUITE(PoolTls, Unders);

TYPED_TEST(PoolTls, KeepsAConnectionForTheNextRequest) {
  for (int i = 0; i < 3; ++i) {
    const auto answer = this->Ask(this->at_, "hello");
    ASSERT_TRUE(answer.ok()) << answer.status().ToString();
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(this->pool_.counters().opened, 1u);
  EXPECT_EQ(this->pool_.counters().reused, 2u);
  EXPECT_EQ(this->pool_.counters().lost, 0u);
}

TYPED_TEST(PoolTls, CarriesLargeBodies) {
  std::string body(3 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 11);
  const auto answer = this->Ask(this->at_, body);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->body == body) << answer->body.size();
}

TYPED_TEST(PoolTls, AConnectionProvenForOneNameServesNoOther) {
  ASSERT_TRUE(this->Ask(this->at_, "hello").ok());
  net::Address other = this->at_;
  other.tls_name = "other.test";
  const auto answer = this->Ask(other, "hello");
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.status().message().find("mismatch"), std::string::npos)
      << answer.status().message();
  EXPECT_EQ(this->pool_.counters().reused, 0u);
}

TYPED_TEST(PoolTls, PlaintextToATlsPortFails) {
  net::Address plain = this->at_;
  plain.tls_name.clear();
  EXPECT_FALSE(this->Ask(plain, "hello").ok());
  EXPECT_TRUE(this->Ask(this->at_, "hello").ok());
}

}  // namespace
}  // namespace fairway::http
