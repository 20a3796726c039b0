#include "modelsim/server.h"

#include <array>
#include <utility>

#include "modelsim/answer.h"
#include "modelsim/metrics_page.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; version=1.0.0; charset=utf-8";
constexpr size_t kMaxFaultBytes = 4096;
// A port that could not be opened again after a fault is tried again this often.
constexpr base::Duration kReopenEvery = std::chrono::milliseconds(100);

http::ServerOptions HttpOptions(const ModelServerOptions& options) {
  http::ServerOptions http;
  http.connections = options.connections;
  http.idle_timeout = options.idle_timeout;
  http.server_name = "fairway-sim";
  return http;
}

Profile WithSlots(Profile profile, const ModelServerOptions& options) {
  if (profile.max_loras == 0) profile.max_loras = static_cast<uint32_t>(options.adapters.size());
  return profile;
}

}  // namespace

ModelServer::ModelServer(net::Network& network, const Profile& profile, ModelServerOptions options)
    : network_(network),
      options_(std::move(options)),
      served_(options_.model, options_.adapters),
      host_(network.loop(), WithSlots(profile, options_), options_.story),
      fault_over_([this] {
        if (!SetFault({}).ok()) network_.loop().Start(fault_over_, kReopenEvery);
      }),
      server_(network, *this, HttpOptions(options_)) {}

ModelServer::~ModelServer() = default;

base::Status ModelServer::Listen(const net::Address& at) {
  at_ = at;
  TRY_STATUS(OpenPort());
  at_ = listener_->local();
  return {};
}

base::Status ModelServer::OpenPort() {
  listener_ = TRY(network_.Listen(
      at_, net::PortSharing::kExclusive,
      [this](std::unique_ptr<net::Stream> stream) { server_.Adopt(std::move(stream)); }));
  return {};
}

rt::Task<void> ModelServer::Stop() {
  fault_over_.Stop();
  listener_.reset();
  co_await server_.Stop();
}

base::Status ModelServer::SetFault(const Fault& fault) {
  fault_over_.Stop();
  fault_ = fault;
  if (fault.mode == FaultMode::kHang) {
    host_.Pause();
  } else {
    host_.Resume();
  }
  if (fault.lasts.count() > 0) network_.loop().Start(fault_over_, fault.lasts);
  if (fault.mode == FaultMode::kRefuseNew) {
    listener_.reset();
  } else if (listener_ == nullptr && at_.port != 0) {
    return OpenPort();
  }
  return {};
}

double ModelServer::UnixSeconds() const {
  return base::Seconds(network_.loop().WallNow().time_since_epoch());
}

std::string ModelServer::MetricsPage() {
  ++state_.scrapes;
  const Engine& engine = host_.engine();
  adapters_.Note(served_.NamesOf(engine.RunningAdapters()),
                 served_.NamesOf(engine.WaitingAdapters()), UnixSeconds());
  std::string page;
  AppendMetricsPage({engine, options_.model, adapters_.series()}, page);
  return page;
}

rt::Task<void> ModelServer::Handle(http::Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  const bool chat = path == "/v1/chat/completions";
  const bool post = exchange.head().method == "POST";
  if (chat || path == "/v1/completions" || path == "/sim/fault") {
    if (!post) {
      const std::array<http::Field, 1> allow = {{{"allow", "POST"}}};
      (void)co_await exchange.Respond(405, kJson, R"({"detail":"Method Not Allowed"})", allow);
    } else if (path == "/sim/fault") {
      (void)co_await TakeFault(exchange);
    } else {
      ++state_.received;
      state_.Remember(exchange.head());
      const Outcome outcome = co_await Generate(exchange, chat ? Api::kChat : Api::kCompletions);
      if (outcome == Outcome::kFinished) ++state_.finished;
      if (outcome == Outcome::kRefused) ++state_.refused;
      if (outcome == Outcome::kCancelled) ++state_.cancelled;
    }
  } else {
    (void)co_await Get(exchange, path);
  }
}

rt::Task<base::Status> ModelServer::Get(http::Exchange& exchange, std::string_view path) {
  const Engine& engine = host_.engine();
  if (path == "/health" || path == "/ping") co_return co_await exchange.Respond(200, kJson, "");
  if (path == "/metrics") co_return co_await exchange.Respond(200, kText, MetricsPage());
  std::string body;
  int status = 200;
  if (path == "/v1/models") {
    body = ModelsJson(served_.all(), engine.profile().ContextTokens(),
                      static_cast<int64_t>(UnixSeconds()));
  } else if (path == "/version") {
    body = R"({"version":"0.32.0"})";
  } else if (path == "/load") {
    body = R"({"server_load":)" + std::to_string(engine.running() + engine.waiting()) + "}";
  } else if (path == "/sim/state") {
    body = StateJson(state_, engine, options_.model, FaultName(fault_.mode));
  } else {
    body = R"({"detail":"Not Found"})";
    status = 404;
  }
  co_return co_await exchange.Respond(status, kJson, body);
}

rt::Task<base::Status> ModelServer::TakeFault(http::Exchange& exchange) {
  const base::Result<std::string_view> body = co_await exchange.Body(kMaxFaultBytes);
  const base::Result<Fault> fault = body.ok() ? ParseFault(*body) : body.status();
  const base::Status set = fault.ok() ? SetFault(*fault) : fault.status();
  std::string answer;
  if (set.ok()) {
    answer = "{\"mode\":\"" + std::string(FaultName(fault->mode)) + "\"}";
  } else {
    answer = ErrorJson({.status = 400, .message = set.message()});
  }
  co_return co_await exchange.Respond(set.ok() ? 200 : 400, kJson, answer);
}

}  // namespace fairway::modelsim
