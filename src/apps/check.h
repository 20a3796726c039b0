#pragma once
// `fairway check`: the configuration that `serve` would run with, or everything that is wrong.

#include "apps/command_line.h"

namespace fairway::apps {

// Prints to stdout and returns 0, or to stderr and returns 1.
int RunCheck(const CheckFlags& flags);

}  // namespace fairway::apps
