#include "loadgen/load.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

#include "http/server.h"
#include "net/sim_network.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

// Answers after a while, in the way that the test sets.
class Backend final : public http::Handler {
 public:
  explicit Backend(net::Network& network) : server(network, *this) {
    const base::Status listening = server.Listen({"10.0.0.1", 8000}, net::PortSharing::kExclusive);
    EXPECT_TRUE(listening.ok());
  }

  rt::Task<void> Handle(http::Exchange& exchange) override {
    const uint64_t number = ++requests;
    const auto body = co_await exchange.Body(1 << 20);
    if (body.ok()) body_bytes = body->size();
    if (delay.count() > 0) co_await rt::Sleep(exchange.loop(), delay);
    if (hang) {
      while (!exchange.peer_gone()) co_await rt::Sleep(exchange.loop(), 10ms);
      co_return;
    }
    if (fail_every > 0 && number % fail_every == 0) {
      (void)co_await exchange.Respond(503, "text/plain", "no");
    } else if (cut_every > 0 && number % cut_every == 0) {
      exchange.Abort({base::Code::kCancelled, "cut"});
    } else if (events > 0) {
      co_await Stream(exchange);
    } else {
      const http::Field endpoint{"X-Endpoint", number % 4 == 0 ? "b" : "a"};
      (void)co_await exchange.Respond(200, "text/plain", "hello", {&endpoint, 1});
    }
  }

  rt::Task<void> Stream(http::Exchange& exchange) {
    const http::Field type{"content-type", "text/event-stream"};
    (void)co_await exchange.Begin(200, {&type, 1});
    for (int i = 0; i < events; ++i) {
      if (i > 0) co_await rt::Sleep(exchange.loop(), 5ms);
      (void)co_await exchange.Send("data: {\"x\":1}\n\n");
    }
    if (says_done) (void)co_await exchange.Send("data: [DONE]\n\n");
    (void)co_await exchange.End();
  }

  http::Server server;
  base::Duration delay{};
  bool hang = false;
  uint64_t fail_every = 0;
  uint64_t cut_every = 0;
  int events = 0;
  bool says_done = true;
  uint64_t requests = 0;
  size_t body_bytes = 0;
};

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    options_.targets = {{"10.0.0.1", 8000}};
    options_.duration = 10s;
    options_.connections = 4;
    world_.SetDefaultPath({.latency = 0ms});
  }

  LoadReport RunLoad(OnProgress on_progress = {}) {
    std::optional<base::Result<LoadReport>> report;
    rt::Gate gate(loop_);
    rt::Spawn(RunInto(client_network_, options_, std::move(on_progress), report), gate);
    EXPECT_TRUE(loop_.RunUntil([&] { return gate.running() == 0; }, 10min));
    bool stopped = false;
    if (backend_ != nullptr) {
      rt::Spawn(StopInto(backend_->server, stopped), gate);
      EXPECT_TRUE(loop_.RunUntil([&] { return stopped && gate.running() == 0; }, 10s));
    }
    EXPECT_TRUE(report->ok()) << report->status().ToString();
    return **std::move(report);
  }

  static uint64_t Failed(const LoadReport& report, Failure failure) {
    return report.failures[static_cast<size_t>(failure)];
  }

  static rt::Task<void> RunInto(net::Network& network, LoadOptions options, OnProgress on_progress,
                                std::optional<base::Result<LoadReport>>& report) {
    report.emplace(co_await loadgen::Run(network, std::move(options), std::move(on_progress)));
  }
  static rt::Task<void> StopInto(http::Server& server, bool& stopped) {
    co_await server.Stop();
    stopped = true;
  }

  rt::SimLoop loop_;
  net::SimWorld world_{loop_};
  net::SimNetwork server_network_{world_, "10.0.0.1"};
  net::SimNetwork client_network_{world_, "10.0.0.9"};
  std::unique_ptr<Backend> backend_ = std::make_unique<Backend>(server_network_);
  LoadOptions options_;
};

TEST_F(LoadTest, AClosedLoopKeepsEveryConnectionBusy) {
  backend_->delay = 100ms;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.elapsed, 10s);
  EXPECT_EQ(report.started, 400u) << "4 connections, 10 requests a second each";
  EXPECT_EQ(report.ok, 400u);
  EXPECT_EQ(report.failed(), 0u);
  EXPECT_EQ(report.answered, 396u) << "the last four end with the counted time, not within it";
  EXPECT_EQ(report.latency.Percentile(0.5), 100ms);
  EXPECT_EQ(report.latency.max(), 100ms);
  EXPECT_EQ(report.statuses.at(200), 400u);
  EXPECT_EQ(report.body_bytes, 400u * 5);
  EXPECT_EQ(backend_->body_bytes, 1024u);
  ASSERT_EQ(report.seconds.size(), 10u);
  EXPECT_EQ(report.seconds[3].started, 40u);
  EXPECT_EQ(report.seconds[3].ok, 40u);
}

TEST_F(LoadTest, AnOpenLoopKeepsItsRate) {
  options_.arrivals = Arrivals::kConstant;
  options_.rate = 50;
  backend_->delay = 10ms;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 500u);
  EXPECT_EQ(report.ok, 500u);
  EXPECT_EQ(report.answered, 500u);
  EXPECT_EQ(backend_->server.counters().accepted, 1u) << "one connection is enough";
  EXPECT_EQ(report.latency.max(), 10ms);
  EXPECT_EQ(report.lateness.max(), 0ms);
}

TEST_F(LoadTest, OpenLoopLatencyIsFromWhenARequestWasDue) {
  options_.arrivals = Arrivals::kConstant;
  options_.rate = 10;
  options_.duration = 1s;
  options_.connections = 1;
  backend_->delay = 150ms;
  const LoadReport report = RunLoad();
  // Request i is due at 100 i and ends at 150 (i + 1).
  EXPECT_EQ(report.started, 10u);
  EXPECT_EQ(report.ok, 10u);
  EXPECT_EQ(report.answered, 6u);
  EXPECT_EQ(report.latency.min(), 150ms);
  EXPECT_EQ(report.latency.max(), 600ms);
  EXPECT_EQ(report.lateness.max(), 450ms);
}

TEST_F(LoadTest, WarmUpIsNotCounted) {
  backend_->delay = 100ms;
  options_.warmup = 1s;
  options_.duration = 1s;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 40u);
  EXPECT_EQ(report.ok, 40u);
  EXPECT_EQ(report.answered, 40u) << "those sent in the warm-up's end come, the last four go";
  EXPECT_EQ(backend_->requests, 80u);
  EXPECT_EQ(report.seconds.size(), 1u);
}

TEST_F(LoadTest, IsBoundedInRequests) {
  for (const Arrivals arrivals : {Arrivals::kClosed, Arrivals::kConstant}) {
    backend_ = nullptr;
    backend_ = std::make_unique<Backend>(server_network_);
    backend_->delay = 100ms;
    options_.arrivals = arrivals;
    options_.rate = 20;
    options_.max_requests = 7;
    const base::TimePoint before = loop_.Now();
    const LoadReport report = RunLoad();
    EXPECT_EQ(backend_->requests, 7u);
    EXPECT_EQ(report.ok, 7u);
    EXPECT_LT(loop_.Now() - before, 1s) << "it does not wait for the time to pass";
  }
}

TEST_F(LoadTest, CountsFailuresByKind) {
  backend_->delay = 10ms;
  backend_->fail_every = 5;
  backend_->cut_every = 7;
  options_.connections = 1;
  options_.max_requests = 70;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 70u);
  // A kept connection that breaks before a byte is tried again, so the nine cuts (of 79 requests
  // that the backend sees) show as reconnects.
  EXPECT_EQ(Failed(report, Failure::kCut), 0u);
  EXPECT_EQ(report.reconnects, 9u);
  EXPECT_EQ(Failed(report, Failure::kStatus), 15u);
  EXPECT_EQ(report.statuses.at(503), 15u);
  EXPECT_EQ(report.ok, 55u);
}

TEST_F(LoadTest, CutsOnFreshConnectionsAreFailures) {
  backend_->cut_every = 1;
  options_.connections = 1;
  options_.max_requests = 5;
  const LoadReport report = RunLoad();
  EXPECT_EQ(Failed(report, Failure::kCut), 5u);
  EXPECT_EQ(report.reconnects, 0u);
}

TEST_F(LoadTest, ARefusingServerDoesNotSpinTheClosedLoop) {
  backend_ = nullptr;
  options_.duration = 1s;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.ok, 0u);
  EXPECT_EQ(Failed(report, Failure::kConnect), report.started);
  EXPECT_GE(report.started, 100u);
  EXPECT_LE(report.started, 4u * 51);
}

TEST_F(LoadTest, HungRequestsTimeOut) {
  backend_->hang = true;
  options_.duration = 3s;
  options_.request_timeout = 1s;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.ok, 0u);
  EXPECT_EQ(Failed(report, Failure::kTimeout), report.started);
  EXPECT_GE(report.started, 12u);
}

TEST_F(LoadTest, AnOverwhelmedOpenLoopDropsAndTimesOut) {
  backend_->hang = true;
  options_.arrivals = Arrivals::kConstant;
  options_.rate = 100;
  options_.duration = 2s;
  options_.request_timeout = 1s;
  options_.max_late = 10;
  const base::TimePoint before = loop_.Now();
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.started, 200u);
  EXPECT_EQ(report.failed(), 200u);
  EXPECT_GT(Failed(report, Failure::kDropped), 100u);
  EXPECT_GT(Failed(report, Failure::kTimeout), 10u);
  EXPECT_LT(loop_.Now() - before, 3200ms);
}

TEST_F(LoadTest, ReadsStreamsToTheEnd) {
  backend_->events = 8;
  options_.answer = AnswerKind::kStream;
  options_.max_requests = 20;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.ok, 20u);
  EXPECT_EQ(report.events, 160u);
  EXPECT_EQ(report.latency.Percentile(0.5), 35ms);
  EXPECT_EQ(report.first_byte.max(), 0ms);
  EXPECT_EQ(report.inter_event.count(), 140u);
  EXPECT_EQ(report.inter_event.Percentile(0.5), 5ms);
}

TEST_F(LoadTest, AStreamWithoutItsEndIsAFailure) {
  backend_->events = 3;
  backend_->says_done = false;
  options_.answer = AnswerKind::kStream;
  options_.max_requests = 5;
  EXPECT_EQ(Failed(RunLoad(), Failure::kStream), 5u);
}

TEST_F(LoadTest, AnAnswerInsteadOfAStreamIsAFailure) {
  options_.answer = AnswerKind::kStream;
  options_.max_requests = 5;
  EXPECT_EQ(Failed(RunLoad(), Failure::kStream), 5u);
}

TEST_F(LoadTest, CountsWhoAnswered) {
  options_.endpoint_field = "x-endpoint";
  options_.max_requests = 40;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.endpoints.at("a"), 30u);
  EXPECT_EQ(report.endpoints.at("b"), 10u);
}

TEST_F(LoadTest, LargeBodiesGoOutInPieces) {
  options_.body_bytes = 1'000'000;
  options_.groups = 2;
  options_.max_requests = 6;
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.ok, 6u);
  EXPECT_EQ(backend_->body_bytes, 1'000'000u);
}

TEST_F(LoadTest, SpreadsConnectionsOverTargets) {
  http::Server second(server_network_, *backend_);
  ASSERT_TRUE(second.Listen({"10.0.0.1", 8001}, net::PortSharing::kExclusive).ok());
  options_.targets.push_back({"10.0.0.1", 8001});
  options_.max_requests = 20;
  backend_->delay = 1ms;
  EXPECT_EQ(RunLoad().ok, 20u);
  EXPECT_EQ(backend_->server.counters().accepted, 2u);
  EXPECT_EQ(second.counters().accepted, 2u);
  loop_.RunFor(1s);
}

TEST_F(LoadTest, ASessionAsksItsNextQuestionAfterAPause) {
  options_.arrivals = Arrivals::kConstant;
  options_.prompts = Prompts::kSessions;
  options_.rate = 1;
  options_.duration = 5s;
  options_.turns = 3;
  options_.think = 200ms;
  backend_->delay = 100ms;
  const LoadReport report = RunLoad();
  // A session a second; its turns are due at 0, 300 and 600 ms.
  EXPECT_EQ(report.started, 15u);
  EXPECT_EQ(report.ok, 15u);
  EXPECT_EQ(report.latency.max(), 100ms);
  EXPECT_EQ(report.lateness.max(), 0ms);
  EXPECT_EQ(backend_->server.counters().accepted, 1u);
}

TEST_F(LoadTest, AFailedTurnEndsItsSession) {
  options_.arrivals = Arrivals::kConstant;
  options_.prompts = Prompts::kSessions;
  options_.rate = 1;
  options_.duration = 2s;
  options_.turns = 5;
  backend_->fail_every = 1;
  EXPECT_EQ(RunLoad().started, 2u);
}

TEST_F(LoadTest, AClosedLoopsUsersThinkBetweenQuestions) {
  options_.prompts = Prompts::kSessions;
  options_.connections = 2;
  options_.duration = 4s;
  options_.turns = 2;
  options_.think = 300ms;
  backend_->delay = 100ms;
  EXPECT_EQ(RunLoad().started, 20u) << "two users, a question each 400 ms";
}

TEST_F(LoadTest, ATraceIsReplayedOnceAndThenItEnds) {
  Trace trace;
  trace.requests = {{.at = 0s, .input_tokens = 10, .output_tokens = 1},
                    {.at = 4s, .input_tokens = 20, .output_tokens = 1},
                    {.at = 6s, .input_tokens = 3000, .output_tokens = 1}};
  options_.trace = std::make_shared<const Trace>(std::move(trace));
  options_.arrivals = Arrivals::kTrace;
  options_.prompts = Prompts::kTrace;
  options_.speed = 2;
  options_.duration = 24h;
  backend_->delay = 10ms;
  const base::TimePoint before = loop_.Now();
  const LoadReport report = RunLoad();
  EXPECT_EQ(report.ok, 3u);
  EXPECT_EQ(report.elapsed, 3010ms) << "the last request is due after 3 s";
  EXPECT_GT(backend_->body_bytes, 12'000u);
  EXPECT_LT(loop_.Now() - before, 15s);
}

TEST_F(LoadTest, PoissonArrivalsWaitForAFreeConnectionAndSaySo) {
  options_.arrivals = Arrivals::kPoisson;
  options_.rate = 20;
  options_.connections = 2;
  backend_->delay = 90ms;  // 22 a second at most
  const LoadReport report = RunLoad();
  EXPECT_NEAR(static_cast<double>(report.started), 200, 45);
  EXPECT_EQ(report.ok, report.started);
  EXPECT_GT(report.waited, 20u);
  EXPECT_GT(report.latency.max(), 150ms) << "the wait is in it";
  EXPECT_EQ(report.latency.max(), report.lateness.max() + 90ms);
}

TEST_F(LoadTest, GoodAnswersKeepTheObjective) {
  backend_->events = 5;  // 5 ms apart
  options_.answer = AnswerKind::kStream;
  options_.max_requests = 10;
  options_.objective.per_token = 5ms;
  EXPECT_EQ(RunLoad().good, 10u);
  backend_ = nullptr;
  backend_ = std::make_unique<Backend>(server_network_);
  backend_->events = 5;
  options_.objective.per_token = 4ms;
  EXPECT_EQ(RunLoad().good, 0u);
}

TEST_F(LoadTest, TellsHowFarItIs) {
  backend_->delay = 100ms;
  std::vector<Progress> told;
  RunLoad([&](const Progress& now) { told.push_back(now); });
  ASSERT_GE(told.size(), 9u);
  EXPECT_EQ(told[1].elapsed, 2s);
  EXPECT_EQ(told[1].in_flight, 4u);
  EXPECT_NEAR(static_cast<double>(told[1].answered), 80, 4);
  EXPECT_EQ(told[1].failed, 0u);
}

TEST_F(LoadTest, BadOptionsAreRefused) {
  options_.rate = -1;
  std::optional<base::Result<LoadReport>> report;
  rt::Gate gate(loop_);
  rt::Spawn(RunInto(client_network_, options_, {}, report), gate);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->status().code(), base::Code::kInvalid);
}

TEST_F(LoadTest, TheSameSeedMakesTheSameRun) {
  std::vector<std::string> reports;
  for (int run = 0; run < 2; ++run) {
    backend_ = nullptr;
    backend_ = std::make_unique<Backend>(server_network_);
    backend_->delay = 3ms;
    options_.arrivals = Arrivals::kConstant;
    options_.rate = 333;
    options_.duration = 2s;
    LoadReport report = RunLoad();
    report.own_cpu = report.machine_cpu = {};
    reports.push_back(ToJson(report));
  }
  EXPECT_EQ(reports[0], reports[1]);
}

}  // namespace
}  // namespace fairway::loadgen
