#include "gateway/handler.h"

#include <array>
#include <chrono>
#include <vector>

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

}  // namespace

Handler::Handler(const HandlerParts& parts)
    : options_(parts.options),
      director_(parts.director),
      pool_(parts.network),
      metrics_(parts.registry),
      context_{.loop = parts.network.loop(),
               .pool = pool_,
               .director = parts.director,
               .options = options_,
               .metrics = metrics_,
               .observer = parts.observer},
      ids_(parts.seed),
      sweep_([this] { Sweep(); }) {
  context_.loop.Start(sweep_, kSweepInterval);
}

rt::Task<void> Handler::Handle(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  if (const inference::Api api = inference::ApiOfPath(path); api != inference::Api::kNone) {
    if (head.method == "POST") return HandleInference(exchange, api);
    return Refuse(exchange,
                  {.reason = Reason::kMethodNotAllowed, .message = "This path takes POST only."});
  }
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && path == "/v1/models") return AnswerModels(exchange);
  return Refuse(exchange, {.reason = Reason::kUnknownPath,
                           .message = "There is no such path here. There are "
                                      "POST /v1/chat/completions, POST /v1/completions and "
                                      "GET /v1/models."});
}

rt::Task<void> Handler::HandleInference(http::Exchange& exchange, inference::Api api) {
  const std::string id = RequestId(exchange.head());
  InferenceRun run(context_, exchange, api, id);
  co_await run.Run();
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
