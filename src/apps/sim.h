#pragma once
// `fairway sim`: simulated model servers on consecutive ports, in one process, on one thread.

#include "apps/command_line.h"

namespace fairway::apps {

// Runs until SIGINT or SIGTERM; returns the exit code.
int RunSim(const SimFlags& flags);

}  // namespace fairway::apps
