#pragma once
// The command line as values: one struct a subcommand, every default in one place. Parsing is
// CLI11's.

#include <string>
#include <variant>
#include <vector>

#include "apps/load_flags.h"
#include "apps/serve_credentials.h"
#include "base/status.h"
#include "gateway/options.h"
#include "modelsim/options.h"
#include "net/network.h"
#include "sources/scrape_pace.h"

namespace fairway::apps {

struct ServeFlags {
  std::vector<std::string> urls;
  net::Address listen{.ip = "127.0.0.1", .port = 8080};
  net::Address admin{.ip = "127.0.0.1", .port = 9901};
  size_t threads = 0;  // 0: as many as the cgroup allows, at most 8
  std::string access_log = "-";
  std::string log_format = "text";
  gateway::Options gateway;
  size_t max_connections = 10'000;
  size_t decision_records = 1024;
  size_t prefix_index_bytes = size_t{64} << 20;
  base::Duration drain{std::chrono::seconds(30)};
  sources::PaceOptions scrape;
  CredentialFlags credentials;
};

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

// Something to print and leave: help, the version, or what was wrong.
struct Leave {
  int exit_code = 0;
  std::string text;
};

using Command = std::variant<Leave, ServeFlags, SimFlags, LoadFlags>;

Command ParseCommandLine(int argc, const char* const* argv);

}  // namespace fairway::apps
