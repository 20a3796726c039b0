// no-hit-lru-scorer: sends a prompt that nobody has cached where no such prompt went for the
// longest time, so that new prefixes spread over the caches instead of pushing each other out.
//
// What is remembered, by endpoint: when it last took such a prompt, as a number that grows.

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "config/fields.h"
#include "data/slots.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

struct Turns {
  struct Cell {
    std::atomic<uint32_t> generation;
    std::atomic<uint64_t> at;
  };
  // 0: never.
  uint64_t Of(model::EndpointId id) const {
    const Cell& cell = cells[id.slot];
    const bool same = cell.generation.load(std::memory_order_acquire) == id.generation;
    return same ? cell.at.load(std::memory_order_relaxed) : 0;
  }
  void Take(model::EndpointId id) {
    Cell& cell = cells[id.slot];
    cell.at.store(last.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    cell.generation.store(id.generation, std::memory_order_release);
  }

  std::atomic<uint64_t> last{0};
  data::SlotArray<Cell> cells;
};

class NoHitLru final : public sched::Scorer, public sched::Learner {
 public:
  explicit NoHitLru(std::shared_ptr<Turns> turns) : turns_(std::move(turns)) {}

  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    const std::span<const float> cached = candidates.cached_blocks();
    if (std::ranges::any_of(cached, [](float blocks) { return blocks > 0; }))
      return std::fill(out.begin(), out.end(), 0.5f);
    const std::span<const model::EndpointId> ids = candidates.ids();
    if (ids.size() <= 1) return std::fill(out.begin(), out.end(), 1.0f);
    // (turn, candidate), in the order of rank: never before oldest, then in candidate order.
    thread_local std::vector<std::pair<uint64_t, uint32_t>> ranks;
    ranks.clear();
    for (uint32_t i = 0; i < ids.size(); ++i) ranks.emplace_back(turns_->Of(ids[i]), i);
    std::ranges::sort(ranks);
    const float step = 1.0f / static_cast<float>(ids.size() - 1);
    for (size_t rank = 0; rank < ranks.size(); ++rank)
      out[ranks[rank].second] = 1.0f - static_cast<float>(rank) * step;
  }

  void Commit(const sched::Request&, const sched::Pick& pick) const override {
    if (pick.cached_blocks == 0) turns_->Take(pick.id);
  }

 private:
  const std::shared_ptr<Turns> turns_;
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context& context) {
  uint32_t ignored = 0;
  std::string producer;
  config::Fields fields(params);
  fields.Read("lruSize", ignored);
  fields.Read("prefixMatchInfoProducerName", producer);
  TRY_STATUS(fields.Finish());
  return {std::make_unique<NoHitLru>(
      context.learned.FindOrMake<Turns>(context.name, [] { return std::make_shared<Turns>(); }))};
}

constexpr std::array<sched::ParamDoc, 2> kParams{{
    {"lruSize", "1024", "accepted without effect: every endpoint of the pool is remembered"},
    {"prefixMatchInfoProducerName", "", "accepted; there is one such producer"},
}};

}  // namespace

extern constinit const sched::PluginSpec kNoHitLruScorer{
    .type = "no-hit-lru-scorer",
    .doc =
        "Spreads prompts that no candidate has cached: 1 for the endpoint that took such a prompt "
        "the longest time ago (or never), 0 for the latest, by rank between. 0.5 for all when "
        "somebody has the prompt's beginning cached.",
    .params = kParams,
    .data_key = sched::kPrefixCacheMatchInfo,
    .make = Make,
};

}  // namespace fairway::plugins
