#include "modelsim/core.h"

#include <utility>

#include "modelsim/engine/prompt.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml =
    "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It "
    "works!</h1></body></html>";

}  // namespace

std::string ServerCore::IdOf(const http::RequestHead& head) {
  if (const auto asked = head.fields.Find("x-request-id")) return std::string(*asked);
  uint64_t number = BlockHash(port, {}) + state.received;
  std::string id(16, '0');
  for (size_t i = id.size(); i-- > 0; number >>= 4) id[i] = "0123456789abcdef"[number & 15];
  return id;
}

ApiError UnknownModel(std::string_view asked, std::string_view served) {
  ApiError error{.status = 404, .type = "NotFoundError", .param = "model"};
  error.message = "The model `" + std::string(asked) + "` does not exist. Valid aliases: ";
  error.message.append(served).append(".");
  return error;
}

ApiError QueueFull() {
  return {.status = 503,
          .type = "Service Unavailable",
          .message = "The engine is busy: its queue is full. Try again later, or elsewhere."};
}

ApiError UnknownResponse(std::string_view id) {
  return {.status = 404,
          .type = "invalid_request_error",
          .message = "Response with id '" + std::string(id) + "' not found.",
          .param = "response_id"};
}

ApiError FaultAnswer(int code) {
  return {.status = code, .type = "InternalServerError", .message = "This fault was asked for."};
}

std::optional<ApiError> Unwilling(Life life) {
  ApiError error{.status = 500, .type = "InternalServerError"};
  switch (life) {
    case Life::kServing:
      return std::nullopt;
    case Life::kDraining:
      error.message = "cannot schedule new futures after shutdown";
      break;
    case Life::kDead:
      error.message =
          "EngineCore encountered an issue. See stack trace (above) for the root cause.";
      break;
  }
  return error;
}

rt::Task<Outcome> Refuse(ServerCore& core, http::Exchange& exchange, ApiError error) {
  const bool messages = exchange.head().path().starts_with("/v1/messages");
  const ErrorShape shape = messages ? ErrorShape::kAnthropic : core.error_shape();
  const base::Status sent = co_await exchange.Respond(error.status, kJson, ErrorJson(error, shape));
  co_return sent.ok() ? Outcome::kRefused : Outcome::kCancelled;
}

void Garble(base::Rng& rng, std::string& page) {
  if (page.empty()) return;
  const auto size = static_cast<uint32_t>(page.size());
  for (uint32_t i = 0; i < 8 + size / 32; ++i) {
    page[rng.Below(size)] = static_cast<char>(rng.Below(256));
  }
  page.resize(size - rng.Below(size / 2 + 1));
}

Outcome Cut(http::Exchange& exchange, CloseWith with) {
  if (with == CloseWith::kFin && exchange.takes_raw()) {
    exchange.EndRaw(http::RawEnd::kClose);
  } else {
    exchange.Abort({base::Code::kCancelled, "cut by a fault"});
  }
  return Outcome::kCancelled;
}

rt::Task<std::optional<Outcome>> FailEarly(ServerCore& core, http::Exchange& exchange,
                                           uint64_t draw) {
  const Fault* error = core.faults.Hits(FaultMode::kError, draw);
  if (error != nullptr && error->after_chunks == 0) {
    co_return co_await Refuse(core, exchange, FaultAnswer(error->code));
  }
  const Fault* close = core.faults.Hits(FaultMode::kClose, draw);
  if (close != nullptr && close->after_chunks == 0) {
    const CloseWith with = close->close_with;
    if (exchange.takes_raw()) (void)co_await exchange.SendRaw({});
    co_return Cut(exchange, with);
  }
  if (core.faults.Hits(FaultMode::kWrongContent, draw) != nullptr) {
    const base::Status sent = co_await exchange.Respond(200, "text/html", kHtml);
    co_return sent.ok() ? Outcome::kRefused : Outcome::kCancelled;
  }
  if (core.faults.Hits(FaultMode::kSilent, draw) == nullptr) co_return std::nullopt;
  // Nothing is in the engine: only the client's patience, or the fault's end, ends this.
  (void)co_await exchange.Body(core.options.max_body_bytes);
  EngineCall call(core.host);
  const PeerWatch watch(exchange, call);
  while (!call.gone() && core.faults.Hits(FaultMode::kSilent, draw) != nullptr) {
    co_await call.changed().WaitFor(std::chrono::milliseconds(100));
  }
  if (call.gone()) co_return Outcome::kCancelled;
  co_return std::nullopt;
}

rt::Task<void> HoldFirstByte(ServerCore& core, EngineCall& call, uint64_t draw) {
  const Fault* slow = core.faults.Hits(FaultMode::kSlow, draw);
  if (slow == nullptr) co_return;
  const base::TimePoint until = core.loop.Now() + slow->delay;
  while (!call.gone() && !call.aborted() && core.loop.Now() < until) {
    co_await call.changed().WaitFor(until - core.loop.Now());
  }
}

rt::Task<std::optional<ApiError>> TakeBody(ServerCore& core, http::Exchange& exchange,
                                           std::string_view& body) {
  const base::Result<std::string_view> got = co_await exchange.Body(core.options.max_body_bytes);
  if (!got.ok()) {
    const int status = got.status().code() == base::Code::kExhausted ? 413 : 400;
    co_return ApiError{.status = status, .message = got.status().message()};
  }
  const std::string_view type = exchange.head().fields.Find("content-type").value_or("");
  if (type.find(kJson) == std::string_view::npos) {
    co_return ApiError{.type = "Bad Request",
                       .message =
                           "1 validation error:\n  Unsupported Media Type: Only "
                           "'application/json' is allowed"};
  }
  body = *got;
  co_return std::nullopt;
}

}  // namespace fairway::modelsim
