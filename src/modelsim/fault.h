#pragma once
// How a simulated server misbehaves on purpose, for tests of whatever stands in front of it. A
// value: what, when, and how likely.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "config/node.h"

namespace fairway::modelsim {

enum class FaultMode : unsigned char {
  kNone,
  // Of requests:
  kError,         // `code` at once; after `after_chunks` tokens of a stream, an error event
  kClose,         // the connection ends after `after_chunks` tokens, or before any byte
  kSlow,          // nothing is sent for `delay`
  kSilent,        // the request is taken, and never answered
  kWrongContent,  // 200 with a page of HTML
  // Of the whole server, whatever the probability:
  kHang,       // the engine stands still, as under SIGSTOP; health and metrics go on, stale
  kRefuseNew,  // the port is closed; connections that stand go on
  kCrash,      // the engine dies, as vLLM does; then the port is closed
  kDrain,      // SIGTERM, as vLLM with --shutdown-timeout `delay`; then the port is closed
  // Of /metrics:
  kStaleMetrics,    // the page stays as it was
  kGarbledMetrics,  // the page is damaged
  kSlowMetrics,     // the page takes `delay`
  kNoMetrics,       // `code` instead of the page
};

enum class CloseWith : unsigned char { kReset, kFin };

struct Fault {
  FaultMode mode = FaultMode::kNone;
  int code = 500;
  uint32_t after_chunks = 0;
  CloseWith close_with = CloseWith::kReset;
  base::Duration delay{};
  double probability = 1;  // of a request's to be hit
  base::Duration from{};   // when it begins, from now
  base::Duration lasts{};  // then the fault is over; zero: until it is cleared
};

std::string_view FaultName(FaultMode mode);

// {mode: close, code: 503, after_chunks: 3, with: fin, delay: 100ms, probability: 0.5, from: 2s,
// for: 9s}, of which only the mode is needed; also with first_byte_delay_ms, for_ms, as numbers.
// kInvalid names what is wrong, and where; unknown keys are.
base::Result<Fault> ReadFault(const config::Node& node);

// The same as text: JSON, or YAML.
base::Result<Fault> ParseFault(std::string_view text);

// A fault of a file, for some of the servers of a process.
struct PlannedFault {
  Fault fault;
  std::vector<std::pair<uint32_t, uint32_t>> endpoints;  // from, to, both included; none: all

  bool Concerns(uint32_t endpoint) const;
};

// {faults: [{mode: error, endpoints: "0-3,7", ...}]}; `endpoints` are numbered from 0.
base::Result<std::vector<PlannedFault>> ParseFaultPlan(std::string_view yaml, std::string file);
// kNotFound if there is no such file.
base::Result<std::vector<PlannedFault>> LoadFaultPlan(const std::string& path);

}  // namespace fairway::modelsim
