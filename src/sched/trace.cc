#include "sched/trace.h"

namespace fairway::sched {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPicked:
      return "picked";
    case Verdict::kPoolEmpty:
      return "pool-empty";
    case Verdict::kNotServed:
      return "not-served";
    case Verdict::kAllFiltered:
      return "all-filtered";
  }
  return "";
}

std::string_view DecisionTrace::DroppedByName(const TracedCandidate& candidate) const {
  switch (candidate.dropped_by) {
    case kNotDropped:
      return "";
    case kByEjection:
      return "ejected";
    case kByProbation:
      return "probation";
    case kByAdapterSlot:
      return "no-adapter-slot";
    default: {
      const size_t filter = candidate.dropped_by - kByFilter;
      return filter < filter_count ? filters[filter]->type : "";
    }
  }
}

}  // namespace fairway::sched
