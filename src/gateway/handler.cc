#include "gateway/handler.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "gateway/control_paths.h"
#include "gateway/rejection.h"
#include "inference/models.h"

namespace fairway::gateway {
namespace {

using director::Reason;

constexpr base::Duration kSweepInterval = std::chrono::seconds(1);
constexpr size_t kMaxRequestId = 128;

// What may go into a header, a log line and a URL as it is.
bool IsPlainId(std::string_view id) {
  if (id.empty() || id.size() > kMaxRequestId) return false;
  for (const char c : id) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == ':';
    if (!plain) return false;
  }
  return true;
}

// A random UUID (RFC 9562, version 4).
std::string NewId(base::Rng& rng) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::array<uint64_t, 2> words = {(rng.Next() & ~0xf000ULL) | 0x4000ULL,
                                         (rng.Next() & ~(3ULL << 62)) | (2ULL << 62)};
  std::string id;
  id.reserve(36);
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) id += '-';
    const uint64_t word = words[static_cast<size_t>(digit / 16)];
    id += kHex[(word >> (60 - 4 * (digit % 16))) & 15];
  }
  return id;
}

constexpr std::string_view kModelsPath = "/v1/models";
constexpr std::string_view kModelPath = "/v1/models/";
constexpr std::string_view kResponsePath = "/v1/responses/";

// "/v1/responses/resp_1/cancel" is about "resp_1"; other paths about none. `render` is a path of
// vLLM's own beside the ids.
std::string_view StoredResponse(std::string_view path) {
  if (!path.starts_with(kResponsePath)) return {};
  path.remove_prefix(kResponsePath.size());
  const std::string_view id = path.substr(0, path.find('/'));
  return id == "render" ? std::string_view() : id;
}

std::vector<std::string> Comparable(const std::vector<std::string>& paths) {
  std::vector<std::string> comparable;
  for (const std::string& path : paths) comparable.push_back(ComparablePath(path));
  return comparable;
}

}  // namespace

Handler::Handler(const HandlerParts& parts)
    : pass_paths_(Comparable(parts.options.pass_paths)),
      director_(parts.director),
      pool_(parts.network),
      metrics_(parts.registry),
      context_{.loop = parts.network.loop(),
               .pool = pool_,
               .ids = ids_,
               .director = parts.director,
               .options = std::make_shared<const Options>(parts.options),
               .metrics = metrics_,
               .observer = parts.observer},
      tunnels_{.run = context_,
               .buffers = http::BufferPool(),
               .open = parts.registry.AddGauge("fairway_tunnels_open",
                                               "Upgraded connections (WebSocket) open now.")},
      ids_(parts.seed),
      sweep_([this] { Sweep(); }) {
  context_.loop.Start(sweep_, kSweepInterval);
}

rt::Task<void> Handler::Handle(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  const inference::Api api = inference::ApiOfPath(path);
  if (api != inference::Api::kNone && head.method == "POST") return PassOn(exchange, api);
  if (!path.starts_with('/'))
    return Refuse(exchange, {.reason = Reason::kUnknownPath, .message = "There is no such path."});
  if (!MayPass(path))
    return Refuse(exchange, {.reason = Reason::kControlPath,
                             .message = "This path controls a model server and is not passed on. "
                                        "passPaths names those that are."});
  if (AsksToUpgrade(head)) return HandleUpgrade(exchange);
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && path == kModelsPath) return AnswerModels(exchange);
  if (reads && path.starts_with(kModelPath))
    return AnswerModel(exchange, path.substr(kModelPath.size()));
  // A browser asks first (OPTIONS): that is the server's to answer.
  if (api != inference::Api::kNone && head.method != "OPTIONS")
    return Refuse(exchange,
                  {.reason = Reason::kMethodNotAllowed, .message = "This path takes POST only."});
  return PassOn(exchange, inference::Api::kNone);
}

void Handler::Use(const Options& options) {
  pass_paths_ = Comparable(options.pass_paths);
  context_.options = std::make_shared<const Options>(options);
}

bool Handler::MayPass(std::string_view path) const {
  if (!IsControlPath(path)) return true;
  const std::string comparable = ComparablePath(path);
  return std::ranges::find(pass_paths_, comparable) != pass_paths_.end();
}

rt::Task<void> Handler::PassOn(http::Exchange& exchange, inference::Api api) {
  using Repeat = director::Arrival::Repeat;
  const http::RequestHead& head = exchange.head();
  const std::string id = RequestId(head);
  const std::string_view response = StoredResponse(head.path());
  // Of what we do not know, only what is safe by its method is sent twice (RFC 9110 section 9.2.2).
  const bool safe = head.method == "GET" || head.method == "HEAD" || head.method == "OPTIONS";
  const director::Arrival arrival{
      .request_id = id,
      .client = exchange.peer(),
      .api = api,
      .content_type = head.fields.Find("content-type").value_or(""),
      .response_id = response,
      .repeat = api != inference::Api::kNone || safe ? Repeat::kAllowed : Repeat::kNever,
      .at = exchange.began(),
      .wall = context_.loop.WallNow()};
  InferenceRun run(context_, exchange, arrival);
  co_await run.Run();
}

rt::Task<void> Handler::HandleUpgrade(http::Exchange& exchange) {
  const std::string id = RequestId(exchange.head());
  Tunnel tunnel(tunnels_, exchange, id);
  co_await tunnel.Run();
}

// Everything that some server says it serves, each once.
rt::Task<void> Handler::AnswerModels(http::Exchange& exchange) {
  std::vector<inference::ServedModel> models;
  for (const model::Served& served : director_.Served())
    models.push_back({.id = served.name, .parent = served.parent, .root = {}, .max_model_len = {}});
  const auto now = std::chrono::floor<std::chrono::seconds>(context_.loop.WallNow());
  const std::string page = inference::WriteModels(models, now.time_since_epoch().count());
  // A client that is gone has nobody to tell.
  (void)co_await exchange.Respond(200, "application/json", page);
}

rt::Task<void> Handler::AnswerModel(http::Exchange& exchange, std::string_view name) {
  const std::string asked = PercentDecoded(name);
  for (const model::Served& served : director_.Served()) {
    if (served.name != asked) continue;
    const inference::ServedModel model{
        .id = served.name, .parent = served.parent, .root = {}, .max_model_len = {}};
    const auto now = std::chrono::floor<std::chrono::seconds>(context_.loop.WallNow());
    const std::string page = inference::WriteModel(model, now.time_since_epoch().count());
    (void)co_await exchange.Respond(200, "application/json", page);
    co_return;
  }
  director::Rejection unknown{.reason = Reason::kUnknownModel,
                              .message = "The model `" + asked + "` does not exist.",
                              .param = "model"};
  co_await Refuse(exchange, std::move(unknown));
}

rt::Task<void> Handler::Refuse(http::Exchange& exchange, director::Rejection rejection) {
  const std::string id = RequestId(exchange.head());
  RejectionAnswer answer{
      .rejection = std::move(rejection), .request_id = id, .server_timing = "queue;dur=0"};
  (void)co_await SendRejection(exchange, std::move(answer));
}

std::string Handler::RequestId(const http::RequestHead& head) {
  const std::string_view given = head.fields.Find("x-request-id").value_or("");
  return IsPlainId(given) ? std::string(given) : NewId(ids_);
}

// Looks for requests that wait at a server which was found hung; usually there is none to look for.
void Handler::Sweep() {
  const uint64_t version = director_.HungVersion();
  if (version != hung_version_) {
    hung_version_ = version;
    for (InferenceRun* run = context_.waiting; run != nullptr; run = run->next_waiting())
      run->LeaveHungServer();
  }
  context_.loop.Start(sweep_, kSweepInterval);
}

}  // namespace fairway::gateway
