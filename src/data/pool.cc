#include "data/pool.h"

namespace fairway::data {

void Pool::Publish() { health.SetMembers(*table.Publish()); }

void Pool::Report(model::EndpointId id, const LoadReport& report, base::TimePoint now,
                  base::Duration stale_after) {
  loads.Report(id, report, now, stale_after);
  if (report.tokens_total.has_value()) health.TokensSeen(id, *report.tokens_total, now);
}

}  // namespace fairway::data
