#pragma once
// What the requests of one worker share: its view of the pools, its scratch, its ring of records,
// its retry budget. One thread.

#include <cstdint>
#include <memory>
#include <utility>

#include "base/rng.h"
#include "director/pools.h"
#include "director/record.h"
#include "director/retry_budget.h"
#include "identity/session_token.h"
#include "inference/parser.h"
#include "inference/usage.h"
#include "sched/cycle.h"

namespace fairway::director {

struct WorkerOptions {
  size_t records = 512;  // about 3 KiB each
  uint64_t seed = 1;     // of tie breaks
};

struct WorkerState {
  WorkerState(Pools from, const WorkerOptions& options)
      : view(std::make_shared<PoolsView>(std::move(from))),
        rng(options.seed),
        records(options.records) {}

  std::shared_ptr<PoolsView> view;  // replaced whole; requests in progress share the old one
  uint64_t generation = 0;
  base::Rng rng;
  sched::Scratch scratch;
  RecordRing records;
  RetryBudget budget;
  inference::Parser parser;
  inference::UsageReader usage_reader;
  identity::SessionIssuer sessions;
};

}  // namespace fairway::director
