#include "loadgen/options.h"

namespace fairway::loadgen {
namespace {

template <class T>
base::Status InRange(const char* name, T value, T least, T most) {
  if (value >= least && value <= most) return {};
  return {base::Code::kInvalid, std::string(name) + " must be from " + std::to_string(least) +
                                    " to " + std::to_string(most) + ", not " +
                                    std::to_string(value)};
}

base::Status CheckPrompts(const LoadOptions& options) {
  TRY_STATUS(InRange("groups", options.groups, 1u, 1u << 20));
  TRY_STATUS(InRange("max_tokens", options.max_tokens, 1u, 1u << 20));
  TRY_STATUS(InRange("bytes_per_token", options.bytes_per_token, 1u, 16u));
  if (options.prompts == Prompts::kBytes) {
    TRY_STATUS(InRange("body_bytes", options.body_bytes, 1u, 64u << 20));
    // Every group's body is held in memory.
    TRY_STATUS(InRange("groups times body_bytes", uint64_t{options.groups} * options.body_bytes,
                       uint64_t{1}, uint64_t{1} << 30));
    TRY_STATUS(InRange("prefix_share", options.prefix_share, 0.0, 1.0));
  }
  if (options.prompts == Prompts::kSessions) {
    TRY_STATUS(InRange("prefix_tokens", options.prefix_tokens, 0u, 4u << 20));
    TRY_STATUS(InRange("suffix_tokens", options.suffix_tokens, 1u, 4u << 20));
    TRY_STATUS(InRange("turns", options.turns, 1u, 1000u));
  }
  const bool from_trace =
      options.prompts == Prompts::kTrace || options.arrivals == Arrivals::kTrace;
  if (from_trace && (options.trace == nullptr || options.trace->requests.empty())) {
    return {base::Code::kInvalid, "no trace, or none of its requests is left"};
  }
  return {};
}

}  // namespace

std::string_view ArrivalsName(Arrivals arrivals) {
  switch (arrivals) {
    case Arrivals::kClosed:
      return "closed";
    case Arrivals::kConstant:
      return "constant";
    case Arrivals::kPoisson:
      return "poisson";
    case Arrivals::kTrace:
      return "trace";
  }
  return "?";
}

base::Status Check(const LoadOptions& options) {
  constexpr double kDaySeconds = 86'400;
  if (options.targets.empty()) return {base::Code::kInvalid, "no target"};
  TRY_STATUS(InRange("connections", options.connections, 1u, 50'000u));
  TRY_STATUS(InRange("rate", options.rate, 0.001, 1e6));
  TRY_STATUS(InRange("speed", options.speed, 0.001, 1e6));
  TRY_STATUS(CheckPrompts(options));
  TRY_STATUS(InRange("duration in seconds", base::Seconds(options.duration), 0.001, kDaySeconds));
  TRY_STATUS(InRange("warmup in seconds", base::Seconds(options.warmup), 0.0, kDaySeconds));
  TRY_STATUS(InRange("think in seconds", base::Seconds(options.think), 0.0, kDaySeconds));
  TRY_STATUS(InRange("request_timeout in seconds", base::Seconds(options.request_timeout), 0.001,
                     kDaySeconds));
  return {};
}

}  // namespace fairway::loadgen
