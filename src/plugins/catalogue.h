#pragma once
// Every scheduling plugin that this binary has. Adding one: its file, its test, a line in
// plugins/catalogue.inc.

#include "sched/plugin.h"

namespace fairway::plugins {

// In the order of catalogue.inc.
sched::Catalogue All();

}  // namespace fairway::plugins
