#include "loadgen/make_workload.h"

#include "loadgen/bodies.h"
#include "loadgen/replay.h"
#include "loadgen/sessions.h"

namespace fairway::loadgen {

std::unique_ptr<Workload> MakeWorkload(const LoadOptions& options) {
  switch (options.prompts) {
    case Prompts::kBytes:
      return std::make_unique<FixedBodies>(options);
    case Prompts::kSessions:
      return std::make_unique<Sessions>(options);
    case Prompts::kTrace:
      return std::make_unique<Replay>(options);
  }
  return nullptr;
}

}  // namespace fairway::loadgen
