#include "apps/check.h"

#include <cstdio>

#include "apps/serve_config.h"

namespace fairway::apps {

int RunCheck(const CheckFlags& flags) {
  const base::Result<ServeConfig> config = ReadServeConfig(flags.serve);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", config.status().message().c_str());
    return 1;
  }
  for (const std::string& warning : config->warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  std::fputs(PrintServeConfig(*config).c_str(), stdout);
  return 0;
}

}  // namespace fairway::apps
