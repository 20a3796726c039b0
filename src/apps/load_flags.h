#pragma once
// `fairway load` as values: every default in one place, and what the flags mean together.

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "loadgen/options.h"

namespace CLI {
class App;
}

namespace fairway::apps {

struct LoadFlags {
  std::vector<std::string> targets;  // host:port
  std::string model;
  std::string path = "/v1/chat/completions";
  std::string api_key_file;
  std::string arrivals;  // empty: as the other flags suggest
  double rate = 0;       // sessions a second; 0: closed loop, or a trace's times
  double speed = 1;
  size_t connections = 32;
  std::optional<double> seconds;  // none: 5, or a whole trace
  double warm_up_seconds = 1;
  double timeout_seconds = 30;
  std::optional<uint64_t> requests;
  size_t body_bytes = 1024;
  double prefix_share = 0.5;
  size_t groups = 16;
  size_t max_tokens = 16;
  std::optional<uint32_t> prefix_tokens;
  std::optional<uint32_t> suffix_tokens;
  std::optional<uint32_t> turns;
  double think_seconds = 0;
  std::string trace_file;
  uint64_t max_context = 0;  // tokens; 0: every request of the trace
  double ttft_ms = 0;
  double tpot_ms = 0;
  uint64_t seed = 1;
  bool stream = false;
  bool quiet = false;
  std::string processes;  // "name=pid+pid,name=pid"
  std::string json_file;  // empty: none; "-": stdout
};

void AddLoad(CLI::App& app, LoadFlags& flags);

// Reads the files that the flags name. kInvalid says what does not go together.
base::Result<loadgen::LoadOptions> LoadOptionsFrom(const LoadFlags& flags);

}  // namespace fairway::apps
