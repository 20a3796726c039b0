#pragma once
// What a load run measured. Latencies are of requests that were due inside the counted time, from
// the moment they were due (open) or sent (closed); rates and CPU are over the counted time itself.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "loadgen/histogram.h"
#include "loadgen/options.h"

namespace fairway::loadgen {

enum class Failure : unsigned char {
  kConnect,    // refused, unreachable
  kCut,        // closed or reset before the answer was whole
  kTimeout,    // LoadOptions::request_timeout
  kMalformed,  // not HTTP
  kStatus,     // a whole answer other than 2xx; see LoadReport::statuses
  kStream,     // an event stream with an error event, or without its [DONE]
  kDropped,    // open: never sent, LoadOptions::max_late were waiting
};
inline constexpr size_t kFailures = 7;
std::string_view FailureName(Failure failure);

struct SecondRow {
  uint64_t started = 0;
  uint64_t ok = 0;       // ended in this second
  uint64_t failed = 0;   // ended in this second
  base::Duration max{};  // latency of those that ended in it
  base::Duration sum{};
};

// Of answers that came with a usage object.
struct TokenCounts {
  uint64_t answers = 0;
  uint64_t prompt = 0;
  uint64_t cached = 0;  // of the prompts
  uint64_t completion = 0;
};

struct ProcessReport {
  std::string name;
  base::Duration cpu{};
  uint64_t resident_before = 0;
  uint64_t resident_after = 0;
  uint64_t peak_resident = 0;
};

struct LoadReport {
  LoadOptions options;
  base::Duration elapsed{};  // the counted time
  uint64_t started = 0;      // due or sent within it
  uint64_t ok = 0;           // of them, answered with 2xx and whole
  uint64_t good = 0;         // of the ok, within LoadOptions::objective
  uint64_t waited = 0;       // of the started, for one of LoadOptions::connections to be free
  uint64_t answered = 0;     // whole 2xx answers that ended within it, whenever they began
  std::array<uint64_t, kFailures> failures{};  // of the started
  uint64_t reconnects = 0;  // a kept connection had been closed; the request was sent again
  std::map<int, uint64_t> statuses;
  std::map<std::string, uint64_t, std::less<>>
      endpoints;             // by LoadOptions::endpoint_field; at most 1024
  uint64_t body_bytes = 0;   // of answers
  uint64_t events = 0;       // of event streams
  size_t request_bytes = 0;  // of one request's JSON, the mean
  TokenCounts tokens;

  Histogram latency;      // to the last byte
  Histogram first_byte;   // to the first byte of the body
  Histogram inter_event;  // between an event stream's events; 0 for those that came together
  Histogram lateness;     // open: from when a request was due to when it was sent
  std::vector<SecondRow> seconds;

  std::vector<ProcessReport> processes;
  base::Duration own_cpu{};
  base::Duration machine_cpu{};  // of everything, this process included

  uint64_t failed() const;
  double AnswersPerSecond() const;
  // Of the started, over the counted time.
  double PerSecond(uint64_t count) const;
  // Cached tokens of the prompts' tokens; 0 if no answer told.
  double CachedShare() const;
  // CPU of one process for each of `answered`; zero if there are none.
  base::Duration CpuPerAnswer(const ProcessReport& process) const;
};

// One object; times in milliseconds, CPU for an answer in microseconds.
std::string ToJson(const LoadReport& report);
// Some lines for people to read.
std::string ToTable(const LoadReport& report);

}  // namespace fairway::loadgen
