#include "apps/serve.h"

#include "apps/serve_process.h"
#include "obs/log.h"

namespace fairway::apps {

int RunServe(const ServeFlags& flags) {
  obs::ConfigureLog(
      {.format = flags.log_format == "json" ? obs::LogFormat::kJson : obs::LogFormat::kText});
  ServeProcess process(flags);
  if (const base::Status started = process.Start(); !started.ok()) {
    obs::Log(obs::Level::kError, "cannot start", {{"why", started.message()}});
    return 1;
  }
  process.Run();
  obs::Log(obs::Level::kInfo, "stopped");
  return 0;
}

}  // namespace fairway::apps
