#pragma once
// The access log: one JSON object a line for each request that ended, with OpenTelemetry's gen_ai
// names where there is one. Every line has the same keys; what is not known is null.
//
// Invariant: never prompt or answer text, a header, or a query string (it may hold a key).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "obs/line_sink.h"
#include "telemetry/timestamp.h"

namespace fairway::telemetry {

// What is known of one request at its end. Views need to last for the call only.
struct AccessRecord {
  base::WallTime at{};  // when its head was read
  std::string_view request_id = {};
  std::string_view client = {};  // "10.0.0.9:40312"
  std::string_view method = {};
  std::string_view path = {};  // what follows a '?' is left out
  int status = 0;
  std::string_view reason = {};    // Fairway's own reason, empty when the answer is the server's
  std::string_view endpoint = {};  // "10.0.0.1:8000"; empty if none was reached
  std::string_view model = {};
  bool stream = false;
  std::optional<uint64_t> input_tokens = {};
  std::optional<uint64_t> output_tokens = {};
  std::optional<uint64_t> cached_tokens = {};  // of the input, found in the prefix cache
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  base::Duration duration{0};
  std::optional<base::Duration> ttft = {};  // to the first body byte
  base::Duration queue{0};
  base::Duration pick{0};
  uint32_t retries = 0;
};

// One a worker, over that worker's sink, whose owner flushes it.
class AccessLog {
 public:
  static constexpr size_t kMaxTextBytes = 512;  // longer texts are cut

  explicit AccessLog(obs::LineSink& sink) : sink_(sink) {}

  // A few hundred nanoseconds, no allocation in the steady state, never waits.
  void Write(const AccessRecord& record);

 private:
  obs::LineSink& sink_;
  Timestamp timestamp_;
  std::string scratch_;  // for texts that need escaping
};

}  // namespace fairway::telemetry
