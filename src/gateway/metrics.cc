#include "gateway/metrics.h"

#include <array>
#include <charconv>

namespace fairway::gateway {
namespace {

constexpr std::array kSeconds = {0.005, 0.01, 0.025, 0.05, 0.1,  0.25,  0.5,   1.0,
                                 2.5,   5.0,  10.0,  30.0, 60.0, 120.0, 300.0, 600.0};
constexpr std::array kPickSeconds = {2e-6,   5e-6,   10e-6, 20e-6, 50e-6, 100e-6,
                                     200e-6, 500e-6, 1e-3,  5e-3,  20e-3};

}  // namespace

Metrics::Metrics(obs::Registry& registry)
    : requests(registry.AddCounterFamily({.name = "fairway_requests_total",
                                          .help = "Requests that ended, by model (empty: none "
                                                  "that there is), status sent and reason (none: "
                                                  "the server's own answer).",
                                          .labels = {"model", "code", "reason"}})),
      attempts(registry.AddCounterFamily(
          {.name = "fairway_upstream_attempts_total",
           .help = "Attempts at a model server, by endpoint and how they ended.",
           .labels = {"endpoint", "end"},
           .max_series = 8192})),
      tokens(registry.AddCounterFamily(
          {.name = "fairway_tokens_total",
           .help = "Tokens that model servers reported, by model and kind.",
           .labels = {"model", "kind"}})),
      duration(registry.AddHistogram("fairway_request_duration_seconds",
                                     "From a request's first byte to its end.", kSeconds)),
      first_byte(registry.AddHistogram(
          "fairway_time_to_first_byte_seconds",
          "From a request's first byte to the first byte of the answer's body.", kSeconds)),
      pick(registry.AddHistogram("fairway_pick_duration_seconds",
                                 "Reading the body and choosing a server.", kPickSeconds)),
      bytes_in(registry.AddCounter("fairway_request_bytes_total", "Bytes of request bodies.")),
      bytes_out(registry.AddCounter("fairway_response_bytes_total", "Bytes sent to clients.")),
      active(registry.AddGauge("fairway_requests_active", "Inference requests in progress.")) {}

void Metrics::Count(const RequestSummary& request) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), request.status);
  const std::string_view code(digits.data(), static_cast<size_t>(end.ptr - digits.data()));
  // Names that clients make up would use up the series.
  const std::string_view model = request.model_known ? request.model : std::string_view();
  requests.With(model, code, request.reason).Add();
  duration.Observe(base::Seconds(request.duration));
  if (request.first_byte) first_byte.Observe(base::Seconds(*request.first_byte));
  if (request.pick.count() > 0) pick.Observe(base::Seconds(request.pick));
  bytes_in.Add(static_cast<int64_t>(request.bytes_in));
  bytes_out.Add(static_cast<int64_t>(request.bytes_out));
  if (!request.usage) return;
  tokens.With(model, "prompt").Add(static_cast<int64_t>(request.usage->prompt_tokens));
  tokens.With(model, "completion").Add(static_cast<int64_t>(request.usage->completion_tokens));
  if (request.usage->cached_tokens)
    tokens.With(model, "cached").Add(static_cast<int64_t>(*request.usage->cached_tokens));
}

}  // namespace fairway::gateway
