#include "data/pool.h"

namespace fairway::data {

void Pool::Publish() {
  const std::shared_ptr<const model::EndpointSet> before = table.members().Copy();
  const std::shared_ptr<const model::EndpointSet> after = table.Publish();
  health.SetMembers(*after);
  for (const model::EndpointId id : before->ids()) {
    if (after->Find(id) == nullptr) learned.Forget(id);
  }
}

void Pool::Report(model::EndpointId id, const LoadReport& report, base::TimePoint now,
                  base::Duration stale_after) {
  loads.Report(id, report, now, stale_after);
  if (report.tokens_total.has_value() &&
      health.TokensSeen(id, *report.tokens_total, now) == Health::TokenChange::kStartedAnew)
    learned.Forget(id);
}

}  // namespace fairway::data
