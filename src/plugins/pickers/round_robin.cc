// round-robin-picker: each decision starts with the candidate after the one that the last decision
// started with. What other balancers do; a baseline for experiments.

#include <algorithm>
#include <atomic>

#include "plugins/pickers/top.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

struct Turn {
  std::atomic<uint64_t> next{0};
};

class RoundRobin final : public sched::Picker {
 public:
  RoundRobin(size_t most, std::shared_ptr<Turn> turn) : most_(most), turn_(std::move(turn)) {}

  size_t Order(const sched::Request&, const sched::Candidates&, std::span<const float> totals,
               base::Rng&, std::span<uint32_t> order) const override {
    const size_t count = totals.size();
    const size_t listed = std::min({count, order.size(), most_});
    if (listed == 0) return 0;
    const size_t start = turn_->next.fetch_add(1, std::memory_order_relaxed) % count;
    for (size_t k = 0; k < listed; ++k) order[k] = static_cast<uint32_t>((start + k) % count);
    return listed;
  }

 private:
  const size_t most_;
  const std::shared_ptr<Turn> turn_;  // of all workers
};

base::Result<std::unique_ptr<const sched::Picker>> Make(const config::Node& params,
                                                        sched::Context& context) {
  return {std::make_unique<RoundRobin>(
      TRY(ReadMostEndpoints(params)),
      context.learned.FindOrMake<Turn>(context.name, [] { return std::make_shared<Turn>(); }))};
}

}  // namespace

extern constinit const sched::PluginSpec kRoundRobinPicker{
    .type = "round-robin-picker",
    .doc =
        "Takes the candidates in turn; scores have no say. Not in the contract: a baseline to "
        "compare with.",
    .params = kPickerParams,
    .make = Make,
};

}  // namespace fairway::plugins
