#pragma once
// vLLM 0.32's page, lean (what a gateway reads) or full (all of its families: 52 to 72 KB).

#include <string>

#include "modelsim/metrics/metrics_page.h"

namespace fairway::modelsim {

void AppendVllmPage(const MetricsInput& input, std::string& out);

// The families before and after vLLM's own: of the Python process, and of its HTTP server.
void AppendProcessFamilies(const MetricsInput& input, std::string& out);
void AppendHttpFamilies(const MetricsInput& input, std::string& out);

}  // namespace fairway::modelsim
