#include "modelsim/server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "modelsim/api/models_json.h"
#include "modelsim/generate.h"
#include "modelsim/metrics/pages.h"
#include "modelsim/pooled.h"
#include "modelsim/side_apis.h"
#include "rt/sleep.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; version=1.0.0; charset=utf-8";
constexpr size_t kMaxFaultBytes = 4096;
// A port that could not be opened again after a fault is tried again this often.
constexpr base::Duration kReopenEvery = std::chrono::milliseconds(100);
// The handler under which a metrics page counts requests beside the APIs, as unknown paths.
constexpr std::string_view kOthers = "none";
// How often a slow answer looks whether it is still wanted.
constexpr base::Duration kPatience = std::chrono::milliseconds(50);
// A dead engine's server answers for this long: 0.2 to 0.4 s were seen of vLLM 0.32.
constexpr base::Duration kDyingTime = std::chrono::milliseconds(300);

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

std::string_view OwnerName(EngineKind engine) {
  switch (engine) {
    case EngineKind::kVllm:
      return "fairway-sim";
    case EngineKind::kSglang:
      return "sglang";
    case EngineKind::kTrtllm:
    case EngineKind::kTriton:
      return "tensorrt_llm";
  }
  return "";
}

}  // namespace

enum class ModelServer::Action : unsigned char {
  // Of the model, and counted as requests:
  kChat,
  kCompletions,
  kResponses,
  kMessages,
  kEmbeddings,
  kRerank,
  kScore,
  // Beside it:
  kCountTokens,
  kTokenize,
  kDetokenize,
  kLoadAdapter,
  kUnloadAdapter,
  kResetPrefixCache,
  kFaults,
};

struct ModelServer::Route {
  std::string_view path;
  Action action;
};

const ModelServer::Route* ModelServer::FindRoute(std::string_view path) {
  static constexpr std::array<Route, 20> kRoutes = {{
      {"/v1/chat/completions", Action::kChat},
      {"/v1/completions", Action::kCompletions},
      {"/v1/responses", Action::kResponses},
      {"/v1/messages", Action::kMessages},
      {"/v1/embeddings", Action::kEmbeddings},
      {"/rerank", Action::kRerank},
      {"/v1/rerank", Action::kRerank},
      {"/v2/rerank", Action::kRerank},
      {"/score", Action::kScore},
      {"/v1/score", Action::kScore},
      {"/v1/messages/count_tokens", Action::kCountTokens},
      {"/tokenize", Action::kTokenize},
      {"/detokenize", Action::kDetokenize},
      {"/v1/load_lora_adapter", Action::kLoadAdapter},
      {"/load_lora_adapter", Action::kLoadAdapter},
      {"/v1/unload_lora_adapter", Action::kUnloadAdapter},
      {"/unload_lora_adapter", Action::kUnloadAdapter},
      {"/reset_prefix_cache", Action::kResetPrefixCache},
      {"/sim/fault", Action::kFaults},
      {"/sim/faults", Action::kFaults},
  }};
  const auto found = std::ranges::find(kRoutes, path, &Route::path);
  return found == kRoutes.end() ? nullptr : &*found;
}

ModelServer::ModelServer(net::Network& network, const Profile& profile,
                         const ModelServerOptions& options)
    : network_(network),
      core_(network.loop(), WithSlots(profile, options), options, [this] { OnFaultsChanged(); }),
      began_(core_.UnixSeconds()),
      leave_([this] { Leave(); }),
      reopen_([this] { UpdatePort(); }),
      gate_(network.loop()),
      server_(std::make_unique<http::Server>(network, *this, HttpOptions(options))) {}

ModelServer::~ModelServer() = default;

base::Status ModelServer::Listen(const net::Address& at) {
  at_ = at;
  listener_ = TRY(network_.Listen(
      at_, net::PortSharing::kExclusive,
      [this](std::unique_ptr<net::Stream> stream) { server_->Adopt(std::move(stream)); }));
  at_ = listener_->local();
  core_.port = at_.port;
  return {};
}

rt::Task<void> ModelServer::Stop() {
  core_.faults.Clear();
  leave_.Stop();
  reopen_.Stop();
  listener_.reset();
  co_await server_->Stop();
  co_await gate_.Drained();
}

base::Status ModelServer::SetFault(const Fault& fault) {
  core_.faults.Clear();
  return core_.faults.Add(fault);
}

void ModelServer::OnFaultsChanged() {
  const FaultDesk& faults = core_.faults;
  faults.Active(FaultMode::kHang) != nullptr ? core_.host.Pause() : core_.host.Resume();
  const Fault* crash = faults.Active(FaultMode::kCrash);
  const Fault* drain = faults.Active(FaultMode::kDrain);
  if (crash != nullptr && core_.life != Life::kDead) {
    core_.life = Life::kDead;
    core_.host.AbortAll();
    core_.loop.Start(leave_, kDyingTime);
  } else if (drain != nullptr && core_.life == Life::kServing) {
    core_.life = Life::kDraining;
    core_.loop.Start(leave_, running_ == 0 ? base::Duration() : drain->delay);
  } else if (crash == nullptr && drain == nullptr && core_.life != Life::kServing) {
    Return();
  }
  UpdatePort();
}

void ModelServer::Leave() {
  leave_.Stop();
  if (running_ > 0 && core_.life == Life::kDraining && !std::exchange(patience_over_, true)) {
    // What runs is told so, and gets some time to tell it on.
    core_.host.AbortAll();
    core_.loop.Start(leave_, kDyingTime);
    return;
  }
  gone_ = true;
  UpdatePort();
  rt::Spawn(Bury(std::exchange(server_, std::make_unique<http::Server>(
                                            network_, *this, HttpOptions(core_.options)))),
            gate_);
}

rt::Task<void> ModelServer::Bury(std::unique_ptr<http::Server> server) { co_await server->Stop(); }

void ModelServer::Return() {
  leave_.Stop();
  core_.life = Life::kServing;
  gone_ = patience_over_ = false;
  core_.host.ResetPrefixCache();  // a new process knows nothing
}

void ModelServer::UpdatePort() {
  reopen_.Stop();
  if (at_.port == 0) return;  // Listen has not been
  if (gone_ || core_.faults.Active(FaultMode::kRefuseNew) != nullptr) {
    listener_.reset();
  } else if (listener_ == nullptr && !Listen(at_).ok()) {
    core_.loop.Start(reopen_, kReopenEvery);
  }
}

rt::Task<void> ModelServer::Handle(http::Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  const Route* route = FindRoute(path);
  if (route == nullptr) http_.Count(kOthers, exchange.head().method, "2xx", 0);
  const bool post = exchange.head().method == "POST";
  if (route == nullptr) {
    (void)co_await Get(exchange, path);
  } else if (!post && route->action != Action::kFaults) {
    const std::array<http::Field, 1> allow = {{{"allow", "POST"}}};
    (void)co_await exchange.Respond(405, kJson, R"({"detail":"Method Not Allowed"})", allow);
  } else {
    co_await Run(exchange, route->action);
  }
}

rt::Task<void> ModelServer::Run(http::Exchange& exchange, Action action) {
  if (action > Action::kScore) {
    (void)co_await Side(exchange, action);
    co_return;
  }
  ++core_.state.received;
  core_.state.Remember(exchange.head());
  ++running_;
  const Outcome outcome = co_await RunModel(exchange, action);
  --running_;
  const http::RequestHead& head = exchange.head();
  http_.Count(head.path(), head.method, outcome == Outcome::kFinished ? "2xx" : "4xx",
              base::Seconds(core_.loop.Now() - exchange.began()));
  if (outcome == Outcome::kFinished) ++core_.state.finished;
  if (outcome == Outcome::kRefused) ++core_.state.refused;
  if (outcome == Outcome::kCancelled) ++core_.state.cancelled;
  // The last one out; a moment later, so that its answer is on the wire.
  if (running_ == 0 && core_.life == Life::kDraining && leave_.armed()) {
    core_.loop.Start(leave_, std::chrono::milliseconds(1));
  }
}

rt::Task<Outcome> ModelServer::RunModel(http::Exchange& exchange, Action action) {
  switch (action) {
    case Action::kChat:
      return Generate(core_, exchange, Api::kChat);
    case Action::kCompletions:
      return Generate(core_, exchange, Api::kCompletions);
    case Action::kResponses:
      return Generate(core_, exchange, Api::kResponses);
    case Action::kMessages:
      return Generate(core_, exchange, Api::kMessages);
    case Action::kEmbeddings:
      return AnswerPooled(core_, exchange, PoolApi::kEmbeddings);
    case Action::kRerank:
      return AnswerPooled(core_, exchange, PoolApi::kRerank);
    default:
      return AnswerPooled(core_, exchange, PoolApi::kScore);
  }
}

rt::Task<base::Status> ModelServer::Side(http::Exchange& exchange, Action action) {
  if (action == Action::kFaults) co_return co_await Faults(exchange);
  if (action == Action::kResetPrefixCache) {
    core_.host.ResetPrefixCache();
    co_return co_await exchange.Respond(200, kJson, R"({"success":true})");
  }
  std::string_view body;
  std::optional<ApiError> error = co_await TakeBody(core_, exchange, body);
  SideAnswer answer;
  if (error) {
    answer = {.status = error->status, .body = ErrorJson(*error, core_.error_shape())};
  } else if (action == Action::kTokenize) {
    answer = Tokenize(core_, body);
  } else if (action == Action::kDetokenize) {
    answer = Detokenize(core_, body);
  } else if (action == Action::kCountTokens) {
    answer = CountTokens(core_, body);
  } else {
    answer = action == Action::kLoadAdapter ? LoadAdapter(core_, body) : UnloadAdapter(core_, body);
  }
  co_return co_await exchange.Respond(answer.status, answer.content_type, answer.body);
}

rt::Task<base::Status> ModelServer::Get(http::Exchange& exchange, std::string_view path) {
  constexpr std::string_view kResponse = "/v1/responses/";
  const Engine& engine = core_.host.engine();
  std::string body = OwnPath(path);
  int status = 200;
  if (!body.empty()) {
    co_return co_await exchange.Respond(200, kJson, body);
  }
  const bool trtllm = core_.options.engine == EngineKind::kTrtllm;
  if (path == (trtllm ? "/prometheus/metrics" : "/metrics")) co_return co_await Metrics(exchange);
  if (path == "/health" || path == "/ping") {
    status = core_.life == Life::kDead ? 503 : 200;
  } else if (path == "/v1/models") {
    body = ModelsJson(core_.served.all(), OwnerName(core_.options.engine),
                      engine.profile().ContextTokens(), static_cast<int64_t>(core_.UnixSeconds()));
  } else if (path == "/load") {
    body = R"({"server_load":)" + std::to_string(engine.running() + engine.waiting()) + "}";
  } else if (path == "/sim/state") {
    body = StateJson(core_.state, engine, core_.options.model, core_.faults.ActiveName());
  } else if (path.starts_with(kResponse)) {
    const std::string_view id = path.substr(kResponse.size());
    const ResponseStore::Entry* entry = core_.responses.Find(id);
    status = entry != nullptr ? 200 : 404;
    body = entry != nullptr ? entry->json : ErrorJson(UnknownResponse(id), core_.error_shape());
  } else {
    body = R"({"detail":"Not Found"})";
    status = 404;
  }
  co_return co_await exchange.Respond(status, kJson, body);
}

std::string ModelServer::MetricsPage() {
  const Engine& engine = core_.host.engine();
  adapters_.Note(core_.served.NamesOf(engine.RunningAdapters()),
                 core_.served.NamesOf(engine.WaitingAdapters()), core_.UnixSeconds());
  std::string page;
  AppendMetricsPage({.engine = engine,
                     .model = core_.options.model,
                     .adapters = adapters_.series(),
                     .kind = core_.options.engine,
                     .detail = core_.options.metrics,
                     .http = &http_,
                     .since = began_},
                    page);
  return page;
}

std::string ModelServer::OwnPath(std::string_view path) const {
  const EngineKind kind = core_.options.engine;
  const std::string& model = core_.options.model;
  if (kind == EngineKind::kVllm && path == "/version") return R"({"version":"0.32.0"})";
  if (kind == EngineKind::kTrtllm) {
    if (path == "/version") return R"({"version":"1.2.0"})";
    if (path == "/metrics") return TrtllmIterationStats(core_.host.engine());
  }
  if (kind == EngineKind::kSglang) {
    if (path == "/health_generate") return "{}";
    if (path == "/get_model_info" || path == "/model_info") {
      return "{\"model_path\":" + core_.served.model().json + ",\"is_generation\":true}";
    }
    if (path == "/get_server_info" || path == "/server_info") {
      return "{\"served_model_name\":" + core_.served.model().json +
             ",\"page_size\":" + std::to_string(core_.profile().block_size) + "}";
    }
  }
  if (kind == EngineKind::kTriton) {
    if (path == "/v2/health/ready" || path == "/v2/health/live") return "{}";
    if (path == "/v2/models/" + model + "/ready") return "{}";
  }
  return {};
}

rt::Task<base::Status> ModelServer::Metrics(http::Exchange& exchange) {
  ++core_.state.scrapes;
  const FaultDesk& faults = core_.faults;
  const base::TimePoint asked = core_.loop.Now();
  while (const Fault* slow = faults.Active(FaultMode::kSlowMetrics)) {
    const base::Duration left = asked + slow->delay - core_.loop.Now();
    if (left.count() <= 0 || exchange.peer_gone()) break;
    co_await rt::Sleep(core_.loop, std::min(left, kPatience));
  }
  if (const Fault* none = faults.Active(FaultMode::kNoMetrics)) {
    co_return co_await exchange.Respond(none->code, "text/plain", "Internal Server Error");
  }
  const bool stale = faults.Active(FaultMode::kStaleMetrics) != nullptr && !page_.empty();
  if (!stale) page_ = MetricsPage();
  std::string page = page_;
  if (faults.Active(FaultMode::kGarbledMetrics) != nullptr) Garble(core_.rng, page);
  co_return co_await exchange.Respond(200, kText, page);
}

rt::Task<base::Status> ModelServer::Faults(http::Exchange& exchange) {
  const base::Result<std::string_view> body = co_await exchange.Body(kMaxFaultBytes);
  const http::RequestHead& head = exchange.head();
  const base::Result<std::string> answer =
      body.ok() ? ChangeFaults(head.method, head.path(), *body) : body.status();
  const std::string text =
      answer.ok() ? *answer : ErrorJson({.status = 400, .message = answer.status().message()});
  co_return co_await exchange.Respond(answer.ok() ? 200 : 400, kJson, text);
}

// POST /sim/fault replaces, POST /sim/faults adds, DELETE clears, GET shows.
base::Result<std::string> ModelServer::ChangeFaults(std::string_view method, std::string_view path,
                                                    std::string_view body) {
  if (method == "POST") {
    const Fault fault = TRY(ParseFault(body));
    TRY_STATUS(path == "/sim/fault" ? SetFault(fault) : AddFault(fault));
  } else if (method == "DELETE") {
    core_.faults.Clear();
  } else if (method != "GET") {
    return base::Status(base::Code::kInvalid, "POST adds a fault, GET shows them, DELETE clears");
  }
  return "{\"faults\":" + core_.faults.Json() + "}";
}

}  // namespace fairway::modelsim
