// max-score-picker: best total first; candidates with equal totals stand in random order.

#include "plugins/pickers/top.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class MaxScore final : public sched::Picker {
 public:
  explicit MaxScore(size_t most) : most_(most) {}

  size_t Order(const sched::Request&, const sched::Candidates&, std::span<const float> totals,
               base::Rng& rng, std::span<uint32_t> order) const override {
    const auto total = [&](size_t i) { return totals[i]; };
    return TopOf(totals.size(), total, rng.Next(), most_, order);
  }

 private:
  const size_t most_;
};

base::Result<std::unique_ptr<const sched::Picker>> Make(const config::Node& params,
                                                        sched::Context&) {
  return {std::make_unique<MaxScore>(TRY(ReadMostEndpoints(params)))};
}

}  // namespace

extern constinit const sched::PluginSpec kMaxScorePicker{
    .type = "max-score-picker",
    .doc = "Orders the candidates by total score, the best first; equals stand in random order.",
    .params = kPickerParams,
    .make = Make,
};

}  // namespace fairway::plugins
