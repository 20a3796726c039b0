#pragma once
// What load to make. A value; Check() says what is wrong with one.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "loadgen/process_usage.h"
#include "net/network.h"

namespace fairway::loadgen {

enum class Arrivals : unsigned char {
  kClosed,  // each connection sends its next request when the last is answered
  kOpen,    // requests are due at a fixed rate, whatever the answers do
};

enum class AnswerKind : unsigned char { kUnary, kStream };

struct LoadOptions {
  std::vector<net::Address> targets;  // connections are spread over them in turn
  std::string path = "/v1/chat/completions";
  std::string model = "llama-3.1-8b";  // empty: none is named
  std::string authorization = {};      // the header's value; empty: none
  std::string endpoint_field = {};     // a response header that tells who answered; lower case
  std::string label = {};              // goes into the report

  Arrivals arrivals = Arrivals::kClosed;
  double rate = 100;           // open: requests a second
  uint32_t connections = 32;   // closed: in flight at once; open: at most as many at once
  uint32_t max_late = 10'000;  // open: requests due but without a free connection; more are dropped
  base::Duration warmup{};     // load as usual, not counted
  base::Duration duration = std::chrono::seconds(10);         // counted
  base::Duration request_timeout = std::chrono::seconds(30);  // then its connection is cut
  uint64_t max_requests = 10'000'000;                         // warm-up included

  AnswerKind answer = AnswerKind::kUnary;
  uint32_t body_bytes = 1024;  // of the JSON
  uint32_t max_tokens = 64;
  uint32_t groups = 16;       // of requests with the same beginning
  double prefix_share = 0.5;  // of the prompt, that a group has in common
  uint64_t seed = 1;

  std::vector<WatchedProcess> watched = {};
};

// kInvalid names the field and its range.
base::Status Check(const LoadOptions& options);

}  // namespace fairway::loadgen
