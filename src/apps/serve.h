#pragma once
// `fairway serve`: the embedded gateway as a process. The main thread is the control loop (admin,
// scraping, discovery, health); the workers take the traffic.

#include "apps/command_line.h"

namespace fairway::apps {

// Runs until SIGINT or SIGTERM; returns the exit code.
int RunServe(const ServeFlags& flags);

}  // namespace fairway::apps
