// approx-prefix-cache-producer: how many leading blocks of the prompt each candidate probably has
// in its KV cache, judged by the prompts that were sent there before. Contiguous from the first
// block.
//
// Invariant: what was learned of an endpoint counts for that very generation only; its successor in
// the slot starts with nothing. A pick that came to nothing leaves no block that it brought.

#include <algorithm>
#include <array>
#include <atomic>

#include "config/fields.h"
#include "data/slots.h"
#include "prefix/index.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

// What outlives a reload.
struct Memory {
  explicit Memory(std::shared_ptr<prefix::Index> of) : index(std::move(of)) {}
  void Forget(model::EndpointId id) {
    if (owner[id.slot].load(std::memory_order_relaxed) == id.generation) index->Forget(id.slot);
  }

  const std::shared_ptr<prefix::Index> index;
  data::SlotArray<std::atomic<uint32_t>> owner;  // generation whose blocks the index holds
};

class ApproxPrefix final : public sched::Producer {
 public:
  ApproxPrefix(std::shared_ptr<Memory> memory, uint32_t max_tokens)
      : memory_(std::move(memory)), max_tokens_(max_tokens) {}

  void Produce(const sched::Request& request, sched::Candidates& candidates) const override {
    const std::span<const uint64_t> blocks = Considered(request);
    if (blocks.empty()) return;
    const std::span<uint32_t> matched = candidates.SlotScratch();
    if (memory_->index->Match(blocks, matched) == 0) return;
    const std::span<const model::EndpointId> ids = candidates.ids();
    const std::span<float> cached = candidates.mutable_cached_blocks();
    for (size_t i = 0; i < ids.size(); ++i) {
      const uint32_t count = matched[ids[i].slot];
      if (count == 0 ||
          memory_->owner[ids[i].slot].load(std::memory_order_acquire) != ids[i].generation)
        continue;
      cached[i] = static_cast<float>(count);
    }
  }

  void Commit(const sched::Request& request, const sched::Pick& pick) const override {
    const std::span<const uint64_t> blocks = Considered(request);
    if (blocks.empty()) return;
    memory_->index->Insert(blocks, pick.id.slot, pick.id.generation);
    std::atomic<uint32_t>& owner = memory_->owner[pick.id.slot];
    uint32_t seen = owner.load(std::memory_order_relaxed);
    // A late commit for a predecessor must not take the slot back.
    while (seen < pick.id.generation &&
           !owner.compare_exchange_weak(seen, pick.id.generation, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
  }

  // The blocks that it had before stay.
  void Rollback(const sched::Request& request, const sched::Pick& pick) const override {
    const std::span<const uint64_t> blocks = Considered(request);
    const size_t had = std::min(static_cast<size_t>(pick.cached_blocks), blocks.size());
    memory_->index->Erase(blocks.subspan(had), pick.id.slot, pick.id.generation);
  }

 private:
  std::span<const uint64_t> Considered(const sched::Request& request) const {
    const size_t most = max_tokens_ == 0 ? request.prefix_blocks.size()
                                         : max_tokens_ / std::max(1u, request.block_tokens);
    return request.prefix_blocks.first(std::min(request.prefix_blocks.size(), most));
  }

  const std::shared_ptr<Memory> memory_;
  const uint32_t max_tokens_;  // 0: no limit
};

base::Result<std::unique_ptr<const sched::Producer>> Make(const config::Node& params,
                                                          sched::Context& context) {
  bool auto_tune = true;
  uint32_t ignored = 0;
  uint32_t max_tokens = 131'072;
  uint64_t bytes = prefix::kDefaultIndexBytes;
  config::Fields fields(params);
  fields.Read("maxPrefixTokensToMatch", max_tokens);
  fields.ReadBytes("maxIndexBytes", bytes);
  for (const char* name :
       {"blockSizeTokens", "blockSize", "maxPrefixBlocksToMatch", "lruCapacityPerServer"})
    fields.Read(name, ignored);
  fields.Read("autoTune", auto_tune);
  TRY_STATUS(fields.Finish());
  auto index = context.learned.FindOrMake<prefix::Index>(context.name, [&] {
    return std::make_shared<prefix::Index>(prefix::Index::Options{.limit_bytes = bytes});
  });
  auto memory = context.learned.FindOrMake<Memory>(
      context.name, [&] { return std::make_shared<Memory>(std::move(index)); });
  return {std::make_unique<ApproxPrefix>(std::move(memory), max_tokens)};
}

constexpr std::array<sched::ParamDoc, 7> kParams{{
    {"maxPrefixTokensToMatch", "131072", "tokens from the start that are looked at; 0: all"},
    {"maxIndexBytes", "64MiB",
     "memory of the index; holds from its first use until the process ends"},
    {"autoTune", "true", "accepted without effect: blocks are 64 tokens for every server"},
    {"blockSizeTokens", "16", "accepted without effect: blocks are 64 tokens"},
    {"blockSize", "", "accepted without effect: the older name of blockSizeTokens"},
    {"maxPrefixBlocksToMatch", "2048", "accepted without effect: maxPrefixTokensToMatch holds"},
    {"lruCapacityPerServer", "31250", "accepted without effect: maxIndexBytes holds"},
}};

}  // namespace

extern constinit const sched::PluginSpec kApproxPrefixCacheProducer{
    .type = "approx-prefix-cache-producer",
    .doc =
        "Judges how much of the prompt's beginning each endpoint has in its KV cache by the "
        "prompts that were sent there before. Only blocks without a gap from the first one "
        "count.",
    .params = kParams,
    .data_key = sched::kPrefixCacheMatchInfo,
    .make = Make,
};

}  // namespace fairway::plugins
