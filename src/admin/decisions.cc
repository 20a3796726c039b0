#include "admin/decisions.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "rt/event.h"

namespace fairway::admin {
namespace {

using director::DecisionRecord;

constexpr base::Duration kPatience = std::chrono::seconds(2);

std::vector<DecisionRecord> CopyMatching(const director::RecordRing& ring,
                                         const DecisionQuery& query) {
  std::vector<DecisionRecord> found;
  ring.ForEachNewestFirst([&](const DecisionRecord& record) {
    if (query.request_id.empty() || record.request_id.view() == query.request_id)
      found.push_back(record);
    return found.size() < query.last;
  });
  return found;
}

// Shared with the workers' answers, which may come after nobody waits any more.
struct Gathering {
  explicit Gathering(rt::Loop& own) : changed(own) {}
  rt::Event changed;
  size_t missing = 0;
  std::vector<DecisionRecord> found;
};

}  // namespace

rt::Task<std::vector<DecisionRecord>> CollectDecisions(rt::Loop& own,
                                                       const std::vector<DecisionSource>& sources,
                                                       DecisionQuery query) {
  query.last = std::min(query.last, kMaxDecisions);
  const auto gathering = std::make_shared<Gathering>(own);
  gathering->missing = sources.size();
  for (const DecisionSource& source : sources) {
    source.loop->Post([gathering, query, source, &own] {
      own.Post([gathering, found = CopyMatching(*source.ring, query)]() mutable {
        gathering->found.insert(gathering->found.end(), found.begin(), found.end());
        --gathering->missing;
        gathering->changed.Set();
      });
    });
  }
  const base::TimePoint deadline = own.Now() + kPatience;
  while (gathering->missing > 0 && own.Now() < deadline)
    (void)co_await gathering->changed.WaitFor(deadline - own.Now());
  std::vector<DecisionRecord> found = std::move(gathering->found);
  std::ranges::stable_sort(
      found, [](const DecisionRecord& a, const DecisionRecord& b) { return a.at > b.at; });
  if (found.size() > query.last) found.resize(query.last);
  co_return found;
}

}  // namespace fairway::admin
