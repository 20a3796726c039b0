#pragma once
// What the requests of one worker share: the brain that all workers share, this worker's view of
// it, its scratch, its ring of records, its retry budget. One thread.

#include <cstdint>

#include "base/rng.h"
#include "base/snapshot.h"
#include "director/brain.h"
#include "director/record.h"
#include "director/retry_budget.h"
#include "inference/parser.h"
#include "inference/usage.h"
#include "sched/cycle.h"

namespace fairway::director {

struct WorkerOptions {
  size_t records = 512;  // about 3 KiB each
  uint64_t seed = 1;     // of tie breaks
};

struct WorkerState {
  WorkerState(const Brain& from, const WorkerOptions& options)
      : brain(from),
        members(brain.pool.table.members()),
        profile(brain.profile()),
        rng(options.seed),
        records(options.records) {}

  const Brain& brain;
  base::Snapshot<model::EndpointSet>::Reader members;
  base::Snapshot<sched::Profile>::Reader profile;
  base::Rng rng;
  sched::Scratch scratch;
  RecordRing records;
  RetryBudget budget;
  inference::Parser parser;
  inference::UsageReader usage_reader;
};

}  // namespace fairway::director
