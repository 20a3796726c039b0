// The admin port over a running gateway: what an operator asks, and what comes back.

#include <gtest/gtest.h>

#include "admin/handler.h"
#include "json/reader.h"
#include "test/gateway_rig.h"

namespace fairway::test {
namespace {

constexpr std::string_view kBody =
    R"({"model":"m","messages":[{"role":"user","content":"Tell me"}],"max_tokens":4})";

class Admin : public testing::Test {
 protected:
  Admin()
      : rig_(RigOptions{}),
        handler_({.loop = rig_.world.loop,
                  .pools = [this] { return std::vector<const data::Pool*>{&rig_.pool}; },
                  .registry = rig_.registry,
                  .decisions = {{.loop = &rig_.world.loop, .ring = &rig_.director.records()}},
                  .not_ready = [this] { return not_ready_; },
                  .config = [] { return std::string("kind: Fairway\n"); }}),
        server_(rig_.world.gateway, handler_) {
    EXPECT_TRUE(server_.Listen({rig_.world.GatewayIp(), 0}, net::PortSharing::kExclusive).ok());
  }
  ~Admin() override {
    rt::Spawn(server_.Stop(), rig_.gate);
    EXPECT_TRUE(rig_.Until([this] { return rig_.gate.running() == 0; }));
  }

  http::FetchedResponse Get(std::string_view path, std::string_view method = "GET") {
    std::optional<base::Result<http::FetchedResponse>> answer;
    auto get = [&]() -> rt::Task<void> {
      const http::FetchRequest request{.method = method, .path = path};
      net::Address at = server_.local();
      answer.emplace(co_await http::Fetch(rig_.client, std::move(at), request));
    };
    rt::Spawn(get(), rig_.gate);
    EXPECT_TRUE(rig_.Until([&] { return answer.has_value(); }));
    EXPECT_TRUE(answer->ok());
    return *std::move(*answer);
  }

  json::Value Json(const http::FetchedResponse& answer) {
    page_ = answer.body;
    const base::Result<json::Value> root = reader_.Read(page_);
    EXPECT_TRUE(root.ok()) << page_;
    return *root;
  }

  GatewayRig<SimulatedWorld> rig_;
  std::string not_ready_;
  admin::Handler handler_;
  http::Server server_;
  std::string page_;
  json::Reader reader_;
};

TEST_F(Admin, HealthAndReadiness) {
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  not_ready_ = "draining";
  const http::FetchedResponse answer = Get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "not ready: draining\n");
}

TEST_F(Admin, ShowsTheConfiguration) {
  const http::FetchedResponse answer = Get("/debug/config");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "kind: Fairway\n");
}

TEST_F(Admin, ReadsOnly) {
  EXPECT_EQ(Get("/metrics", "POST").status, 405);
  EXPECT_EQ(Get("/nothing").status, 404);
}

TEST_F(Admin, TellsWhyARequestWentWhereItWent) {
  const auto sent = rig_.Send(kBody, {{"x-request-id", "why"}});
  ASSERT_TRUE(sent.ok());
  const json::Value decisions = Json(Get("/debug/decisions/why"))["decisions"];
  ASSERT_EQ(decisions.Elements().size(), 1u);
  const json::Value decision = decisions.Elements()[0];
  EXPECT_EQ(decision["request_id"].String(), "why");
  EXPECT_EQ(decision["pool"].String(), "default");
  EXPECT_EQ(decision["status"].Int(), 200);
  EXPECT_EQ(decision["decided"]["picked"].String(), sent->Find("x-fairway-endpoint"));
  ASSERT_EQ(decision["candidates"].Elements().size(), 3u);
  const json::Value best = decision["candidates"].Elements()[0];
  EXPECT_EQ(best["order"].Int(), 1);
  double total = 0;
  for (const json::Member& score : best["scores"].Members()) {
    const double raw = score.value["raw"].Double().value_or(-1);
    EXPECT_GE(raw, 0) << score.key;
    EXPECT_LE(raw, 1) << score.key;
    total += score.value["weighted"].Double().value_or(0);
  }
  EXPECT_NEAR(total, best["total"].Double().value_or(-1), 1e-4);
  EXPECT_EQ(decision["attempts"].Elements().size(), 1u);
  EXPECT_EQ(decision["attempts"].Elements()[0]["outcome"].String(), "answered");
}

TEST_F(Admin, ListsTheLastDecisionsNewestFirst) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(rig_.Send(kBody, {{"x-request-id", id}}).ok());
  const std::vector<json::Value> last =
      Json(Get("/debug/decisions?last=2"))["decisions"].Elements();
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[0]["request_id"].String(), "c");
  EXPECT_EQ(last[1]["request_id"].String(), "b");
  EXPECT_EQ(Get("/debug/decisions?last=x").status, 400);
  EXPECT_EQ(Get("/debug/decisions/unheard-of").status, 404);
}

TEST_F(Admin, ShowsWhatIsKnownOfEachServer) {
  rig_.world.loop.RunFor(std::chrono::seconds(10));
  const std::vector<json::Value> endpoints = Json(Get("/debug/endpoints"))["endpoints"].Elements();
  ASSERT_EQ(endpoints.size(), 3u);
  for (const json::Value& endpoint : endpoints) {
    EXPECT_EQ(endpoint["pool"].String(), "default");
    EXPECT_EQ(endpoint["models"].Elements().at(0).String(), "m");
    EXPECT_EQ(endpoint["in_flight"]["requests"].Int(), 0);
    EXPECT_EQ(endpoint["reported"]["waiting"].Double(), 0.0);
    EXPECT_EQ(endpoint["health"]["standing"].String(), "in");
  }
}

TEST_F(Admin, CountsRequests) {
  ASSERT_TRUE(rig_.Send(kBody).ok());
  const std::string page = Get("/metrics").body;
  EXPECT_NE(page.find(R"(fairway_requests_total{model="m",code="200",reason="none"} 1)"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("fairway_request_duration_seconds_count 1"), std::string::npos);
}

}  // namespace
}  // namespace fairway::test
