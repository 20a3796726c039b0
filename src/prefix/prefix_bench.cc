#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "prefix/block_hash.h"
#include "prefix/index.h"

namespace fairway::prefix {
namespace {

std::vector<uint64_t> RandomBlocks(base::Rng& rng, size_t count) {
  std::vector<uint64_t> blocks(count);
  for (uint64_t& block : blocks) block = rng.Next();
  return blocks;
}

void Hash(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  std::vector<uint64_t> hashes(kDefaultMaxBlocks);
  const uint64_t root = RootHash("m", "", "");
  for (auto _ : state) {
    BlockHasher hasher(root, hashes);
    hasher.Add(2, text);
    benchmark::DoNotOptimize(hasher.Finish());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Hash)->Arg(1 << 10)->Arg(16 << 10)->Arg(256 << 10);

// A prompt cached on 3 of `range(1)` endpoints, in an index that holds a million other blocks; a
// new prompt each time, so that its lines come from memory.
void Match(benchmark::State& state) {
  const auto endpoints = static_cast<uint32_t>(state.range(1));
  Index index({});
  base::Rng rng(1);
  std::vector<std::vector<uint64_t>> prompts;
  const auto length = static_cast<size_t>(state.range(0));
  for (size_t blocks = 0; blocks < 1'000'000; blocks += length) {
    prompts.push_back(RandomBlocks(rng, length));
    for (int copy = 0; copy < 3; ++copy) index.Insert(prompts.back(), rng.Below(endpoints), 0);
  }
  std::vector<uint32_t> matched(endpoints);
  size_t next = 0;
  for (auto _ : state) {
    next = (next + 7919) % prompts.size();
    benchmark::DoNotOptimize(index.Match(prompts[next], matched));
  }
  state.counters["MiB"] = static_cast<double>(index.stats().bytes) / (1 << 20);
}
BENCHMARK(Match)->ArgsProduct({{64, 1000}, {8, 64, 1000}});

void MatchOneHotPrompt(benchmark::State& state) {
  Index index({});
  base::Rng rng(1);
  const auto prompt = RandomBlocks(rng, static_cast<size_t>(state.range(0)));
  for (uint32_t slot = 0; slot < 3; ++slot) index.Insert(prompt, slot, 0);
  index.Insert(std::span(prompt).first(1), 7, 0);
  std::vector<uint32_t> matched(8);
  for (auto _ : state) benchmark::DoNotOptimize(index.Match(prompt, matched));
}
BENCHMARK(MatchOneHotPrompt)->Arg(64)->Arg(1000);

void MatchNothing(benchmark::State& state) {
  const auto endpoints = static_cast<uint32_t>(state.range(0));
  Index index({});
  base::Rng rng(1);
  for (uint32_t i = 0; i < 10000; ++i) index.Insert(RandomBlocks(rng, 64), i % endpoints, 0);
  const auto prompt = RandomBlocks(rng, 64);
  std::vector<uint32_t> matched(endpoints);
  for (auto _ : state) benchmark::DoNotOptimize(index.Match(prompt, matched));
}
BENCHMARK(MatchNothing)->Arg(8)->Arg(1000);

// A system prompt of 30 blocks that everyone holds.
void MatchSharedByAll(benchmark::State& state) {
  const auto endpoints = static_cast<uint32_t>(state.range(0));
  Index index({});
  base::Rng rng(1);
  auto prompt = RandomBlocks(rng, 30);
  for (uint32_t slot = 0; slot < endpoints; ++slot) index.Insert(prompt, slot, 0);
  const auto tail = RandomBlocks(rng, 34);
  prompt.insert(prompt.end(), tail.begin(), tail.end());
  std::vector<uint32_t> matched(endpoints);
  for (auto _ : state) benchmark::DoNotOptimize(index.Match(prompt, matched));
}
BENCHMARK(MatchSharedByAll)->Arg(8)->Arg(1000)->Arg(4096);

void InsertNew(benchmark::State& state) {
  Index index({});
  base::Rng rng(1);
  std::vector<uint64_t> blocks(64);
  for (auto _ : state) {
    for (uint64_t& block : blocks) block = rng.Next();
    index.Insert(blocks, 1, 0);
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(InsertNew);

void InsertKnown(benchmark::State& state) {
  Index index({});
  base::Rng rng(1);
  const auto blocks = RandomBlocks(rng, 64);
  for (auto _ : state) index.Insert(blocks, 1, 0);
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(InsertKnown);

}  // namespace
}  // namespace fairway::prefix
