#include "apps/serve.h"

#include <cstdio>

#include "apps/serve_process.h"
#include "obs/log.h"

namespace fairway::apps {

int RunServe(const ServeFlags& flags) {
  base::Result<ServeConfig> config = ReadServeConfig(flags);
  const std::string& format = config.ok() ? config->flags.log_format : flags.log_format;
  obs::ConfigureLog({.format = format == "json" ? obs::LogFormat::kJson : obs::LogFormat::kText});
  if (!config.ok()) {
    // A complaint a line, as `fairway check` writes them: for whoever starts it by hand.
    std::fprintf(stderr, "fairway serve: cannot start:\n%s\n", config.status().message().c_str());
    return 1;
  }
  for (const std::string& warning : config->warnings) obs::Log(obs::Level::kWarning, warning);
  ServeProcess process(flags, *std::move(config));
  if (const base::Status started = process.Start(); !started.ok()) {
    obs::Log(obs::Level::kError, "cannot start", {{"why", started.message()}});
    return 1;
  }
  process.Run();
  obs::Log(obs::Level::kInfo, "stopped");
  return 0;
}

}  // namespace fairway::apps
