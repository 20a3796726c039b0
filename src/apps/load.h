#pragma once
// `fairway load`: sends load to servers, measures what comes back and what it cost.

#include "apps/command_line.h"

namespace fairway::apps {

// Runs for the time asked; returns the exit code.
int RunLoad(const LoadFlags& flags);

}  // namespace fairway::apps
