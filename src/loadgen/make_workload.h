#pragma once
// The workload that options ask for.

#include <memory>

#include "loadgen/options.h"
#include "loadgen/workload.h"

namespace fairway::loadgen {

// Check(options) is ok.
std::unique_ptr<Workload> MakeWorkload(const LoadOptions& options);

}  // namespace fairway::loadgen
