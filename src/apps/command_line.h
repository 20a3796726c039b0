#pragma once
// The command line as values: one struct a subcommand, every default in one place. Parsing is
// CLI11's.

#include <string>
#include <variant>
#include <vector>

#include "apps/load_flags.h"
#include "apps/serve_settings.h"
#include "base/status.h"
#include "modelsim/options.h"
#include "net/network.h"

namespace fairway::apps {

struct SimFlags {
  net::Address first{.ip = "127.0.0.1", .port = 8001};
  size_t count = 1;
  std::string model = "llama-3.1-8b";
  std::string profile = "default";  // of the library, or a file
  bool print_profile = false;
  std::vector<std::string> adapters;
  uint32_t max_loras = 0;  // 0: what the profile says
  modelsim::EngineKind engine = modelsim::EngineKind::kVllm;
  modelsim::MetricsDetail metrics = modelsim::MetricsDetail::kLean;
  std::string faults;  // a file; empty: none
  uint64_t seed = 1;
};

// `fairway check`: what `serve` would do with these.
struct CheckFlags {
  ServeFlags serve;
};

// Something to print and leave: help, the version, or what was wrong.
struct Leave {
  int exit_code = 0;
  std::string text;
};

using Command = std::variant<Leave, ServeFlags, CheckFlags, SimFlags, LoadFlags>;

Command ParseCommandLine(int argc, const char* const* argv);

// Reads ServeFlags::words again, over what `into` holds: what they do not say stays. kInvalid.
base::Status ParseServeWords(const std::vector<std::string>& words, ServeFlags& into);

// What `fairway serve --help` says.
std::string ServeHelp();

}  // namespace fairway::apps
