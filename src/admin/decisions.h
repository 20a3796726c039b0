#pragma once
// Collects decision records from the workers. A ring belongs to its worker's thread, so each
// worker's loop is asked for copies; one that does not answer in time is left out.

#include <cstddef>
#include <string>
#include <vector>

#include "director/record.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::admin {

struct DecisionSource {
  rt::Loop* loop;  // the worker's
  const director::RecordRing* ring;
};

struct DecisionQuery {
  std::string request_id;  // empty: any
  size_t last = 10;        // at most so many, newest first
};
inline constexpr size_t kMaxDecisions = 200;

// On `own`, the loop of whoever asks. Newest first.
rt::Task<std::vector<director::DecisionRecord>> CollectDecisions(
    rt::Loop& own, const std::vector<DecisionSource>& sources, DecisionQuery query);

}  // namespace fairway::admin
