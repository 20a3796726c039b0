#pragma once
// What load to make. A value; Check() says what is wrong with one.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "loadgen/process_usage.h"
#include "loadgen/trace.h"
#include "net/network.h"

namespace fairway::loadgen {

// Closed: as many users as connections, each waits for its answer and then asks again. Open:
// sessions begin when they are due, whatever the answers do.
enum class Arrivals : unsigned char {
  kClosed,
  kConstant,  // open, evenly spaced
  kPoisson,   // open, exponential gaps
  kTrace,     // open, at the trace's times
};
std::string_view ArrivalsName(Arrivals arrivals);

enum class Prompts : unsigned char { kBytes, kSessions, kTrace };  // workload.h says what they are

enum class AnswerKind : unsigned char { kUnary, kStream };

// An answer is good if it kept within both limits. Zero: no limit.
struct Objective {
  base::Duration first_token{};
  base::Duration per_token{};  // mean time between the tokens after the first
};

struct LoadOptions {
  std::vector<net::Address> targets;  // connections are spread over them in turn
  std::string path = "/v1/chat/completions";
  std::string model = "llama-3.1-8b";  // empty: none is named
  std::string authorization = {};      // the header's value; empty: none
  std::string endpoint_field = {};     // a response header that tells who answered; lower case
  std::string label = {};              // goes into the report

  Arrivals arrivals = Arrivals::kClosed;
  double rate = 100;           // constant, Poisson: sessions a second
  double speed = 1;            // trace: 2 is twice as fast as it was recorded
  uint32_t connections = 32;   // closed: in flight at once; open: at most as many at once
  uint32_t max_late = 10'000;  // requests due but without a free connection; more are dropped
  base::Duration warmup{};     // load as usual, not counted
  base::Duration duration = std::chrono::seconds(10);         // counted
  base::Duration request_timeout = std::chrono::seconds(30);  // then its connection is cut
  uint64_t max_requests = 10'000'000;                         // warm-up included

  AnswerKind answer = AnswerKind::kUnary;
  Prompts prompts = Prompts::kBytes;
  uint32_t max_tokens = 64;       // of an answer; a trace has its own
  uint32_t groups = 16;           // of sessions with the same beginning
  uint32_t body_bytes = 1024;     // kBytes: of the JSON
  double prefix_share = 0.5;      // kBytes: of the prompt, that a group has in common
  uint32_t prefix_tokens = 1024;  // kSessions: that a group has in common
  uint32_t suffix_tokens = 256;   // kSessions: a turn's own
  uint32_t turns = 1;             // kSessions: questions in a session
  base::Duration think{};         // kSessions: from an answer to the session's next question
  std::shared_ptr<const Trace> trace = {};  // kTrace
  size_t left_out = 0;                      // of the trace, being too long; for the report
  uint32_t bytes_per_token = 4;             // of the text that stands for a token
  uint64_t seed = 1;

  Objective objective = {};
  std::vector<WatchedProcess> watched = {};

  bool open() const { return arrivals != Arrivals::kClosed; }
};

// kInvalid names the field and its range.
base::Status Check(const LoadOptions& options);

}  // namespace fairway::loadgen
