#pragma once
// The reference of all plugins (docs/reference/plugins.md), written from their specs.

#include <string>

#include "sched/plugin.h"

namespace fairway::plugins {

// Markdown; ends with a line break.
std::string RenderReference(sched::Catalogue catalogue);

}  // namespace fairway::plugins
