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

}  // namespace

base::Status Check(const LoadOptions& options) {
  constexpr double kDaySeconds = 86'400;
  if (options.targets.empty()) return {base::Code::kInvalid, "no target"};
  TRY_STATUS(InRange("connections", options.connections, 1u, 50'000u));
  TRY_STATUS(InRange("rate", options.rate, 0.001, 1e6));
  TRY_STATUS(InRange("body_bytes", options.body_bytes, 1u, 64u << 20));
  TRY_STATUS(InRange("groups", options.groups, 1u, 4096u));
  // Every group's body is held in memory.
  TRY_STATUS(InRange("groups times body_bytes", uint64_t{options.groups} * options.body_bytes,
                     uint64_t{1}, uint64_t{1} << 30));
  TRY_STATUS(InRange("prefix_share", options.prefix_share, 0.0, 1.0));
  TRY_STATUS(InRange("max_tokens", options.max_tokens, 1u, 1u << 20));
  TRY_STATUS(InRange("duration in seconds", base::Seconds(options.duration), 0.001, kDaySeconds));
  TRY_STATUS(InRange("warmup in seconds", base::Seconds(options.warmup), 0.0, kDaySeconds));
  TRY_STATUS(InRange("request_timeout in seconds", base::Seconds(options.request_timeout), 0.001,
                     kDaySeconds));
  return {};
}

}  // namespace fairway::loadgen
