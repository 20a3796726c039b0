#pragma once
// Pools: the pools of one generation of the configuration, and which of them a model name leads to.
// A value, immutable once workers have it: a worker takes a new one between two requests
// (Worker::Use), and a request keeps the one it began with.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/snapshot.h"
#include "director/brain.h"
#include "identity/session_token.h"
#include "model/endpoint.h"

namespace fairway::director {

// One of the models that a rewritten name stands for, and its share.
struct RewriteTarget {
  std::string model;
  uint32_t weight = 1;  // of the sum over the name's targets
};

struct Pools {
  std::vector<std::shared_ptr<const Brain>> brains;   // at least one, in the configuration's order
  std::map<std::string, size_t, std::less<>> models;  // names that belong to one of `brains`
  // By the name that clients ask for; none is empty.
  std::map<std::string, std::vector<RewriteTarget>, std::less<>> rewrites;
  // Adapters that are known though no server may list them, and the base model of each.
  std::map<std::string, std::string, std::less<>> adapters = {};
  // Of sessions; null: there are none, whatever profiles ask for.
  std::shared_ptr<const identity::SessionTokens> sessions = nullptr;

  // What servers are asked for instead of `model`; null: nothing else. `draw` of [0, 1) decides
  // between several.
  const std::string* TargetOf(std::string_view model, double draw) const;
};

// One pool that takes every model; it outlives every request.
Pools OnePool(const Brain& brain);

// A pool as one request sees it: all it does is judged by its members and its profile as they were
// when it began.
struct PoolState {
  std::shared_ptr<const model::EndpointSet> members;
  std::shared_ptr<const sched::Profile> profile;
};

// Where a model name leads: to the pool that the configuration gives it; else to the first pool, in
// the configuration's order, where somebody serves it; else to the first pool. `states` are of
// pools.brains, one by one.
size_t ChoosePool(const Pools& pools, std::span<const PoolState> states, std::string_view model);

// Pools as one worker sees them: with readers of its own.
struct PoolsView {
  explicit PoolsView(Pools from);
  // Members and profiles as they are now.
  void Read(std::vector<PoolState>& into);

  struct Readers {
    base::Snapshot<model::EndpointSet>::Reader members;
    base::Snapshot<sched::Profile>::Reader profile;
  };
  const Pools pools;
  std::vector<Readers> readers;  // of pools.brains, one by one
};

}  // namespace fairway::director
