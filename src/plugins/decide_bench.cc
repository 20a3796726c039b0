// What one decision costs with the default profile of `serve`, trace included, by pool size.
// Arguments: endpoints, prompt blocks, workers that have requests in flight.

#include <benchmark/benchmark.h>

#include "plugins/catalogue.h"
#include "sched/fakes.h"

namespace fairway::plugins {
namespace {

using sched::fakes::FakePool;

enum class Load : uint8_t { kKnown, kHalfUnknown };

void Setup(FakePool& world, uint32_t workers, Load load,
           std::vector<std::vector<data::InFlightHold>>& holds) {
  base::Rng rng(3);
  for (size_t i = 0; i < world.ids.size(); ++i) {
    if (load == Load::kHalfUnknown && i % 2 == 0) continue;
    world.Report(world.ids[i], static_cast<float>(rng.Below(9)), static_cast<float>(rng.Below(99)),
                 static_cast<float>(rng.Unit()));
  }
  for (base::this_worker = 0; base::this_worker < workers; ++base::this_worker) {
    auto& mine = holds.emplace_back();
    for (const model::EndpointId id : world.ids)
      mine.push_back(world.pool.in_flight.Acquire(id.slot, rng.Below(3000), 1000));
  }
  base::this_worker = 0;
}

void Run(benchmark::State& state, Load load) {
  FakePool world(static_cast<uint32_t>(state.range(0)));
  const auto profile = sched::ServeDefaultProfile(All(), world.pool.learned);
  std::vector<std::vector<data::InFlightHold>> holds;
  Setup(world, static_cast<uint32_t>(state.range(2)), load, holds);
  std::vector<uint64_t> blocks(static_cast<size_t>(state.range(1)));
  for (uint64_t& block : blocks) block = world.rng.Next();
  world.request.prefix_blocks = blocks;
  world.request.prompt_tokens = static_cast<uint32_t>(blocks.size()) * 64;
  profile->Commit(world.request, {world.ids[0]});
  const auto set = world.pool.table.members().Copy();
  const sched::PoolView view = sched::ViewOf(*set, world.pool);
  for (auto _ : state) {
    const sched::Decision decision =
        sched::Decide(*profile, world.request, view, world.rng, world.scratch, world.trace);
    benchmark::DoNotOptimize(decision.endpoints[0]);
  }
  for (base::this_worker = 0; base::this_worker < holds.size(); ++base::this_worker)
    holds[base::this_worker].clear();
  base::this_worker = 0;
}

void Decide(benchmark::State& state) { Run(state, Load::kKnown); }
void DecideHalfUnknown(benchmark::State& state) { Run(state, Load::kHalfUnknown); }
BENCHMARK(Decide)
    ->Args({3, 0, 2})
    ->Args({8, 0, 1})
    ->Args({8, 0, 2})
    ->Args({8, 4, 2})
    ->Args({8, 64, 2})
    ->Args({64, 4, 2})
    ->Args({1000, 0, 1})
    ->Args({1000, 4, 2})
    ->Args({1000, 4, 8});
BENCHMARK(DecideHalfUnknown)->Args({8, 4, 2})->Args({1000, 4, 2});

}  // namespace
}  // namespace fairway::plugins
