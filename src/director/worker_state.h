#pragma once
// What the requests of one worker share: the brain that all workers share, this worker's view of
// it, its scratch, its ring of records, its retry budget. One thread.

#include <cstdint>
#include <memory>
#include <utility>

#include "base/rng.h"
#include "base/snapshot.h"
#include "data/pool.h"
#include "director/record.h"
#include "director/retry_budget.h"
#include "inference/parser.h"
#include "inference/usage.h"
#include "sched/cycle.h"
#include "sched/profile.h"

namespace fairway::director {

// Shared by all workers; the pool outlives them.
struct Brain {
  data::Pool& pool;
  std::shared_ptr<const sched::Profile> profile;
};

struct WorkerOptions {
  size_t records = 512;  // about 3 KiB each
  uint64_t seed = 1;     // of tie breaks
};

struct WorkerState {
  WorkerState(Brain from, const WorkerOptions& options)
      : brain(std::move(from)),
        members(brain.pool.table.members()),
        rng(options.seed),
        records(options.records) {}

  Brain brain;
  base::Snapshot<model::EndpointSet>::Reader members;
  base::Rng rng;
  sched::Scratch scratch;
  RecordRing records;
  RetryBudget budget;
  inference::Parser parser;
  inference::UsageReader usage_reader;
};

}  // namespace fairway::director
