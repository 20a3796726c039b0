// weighted-random-picker: a candidate with twice the total is first twice as often. Weighted
// sampling without replacement (Efraimidis and Spirakis 2006, algorithm A-Res): each candidate's
// key is U^(1/total), and the greatest keys win, in order.

#include <algorithm>
#include <cmath>

#include "plugins/pickers/top.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class WeightedRandom final : public sched::Picker {
 public:
  explicit WeightedRandom(size_t most) : most_(most) {}

  // Those whose total is 0 come last, in random order; so do all when every total is 0.
  size_t Order(const sched::Request&, const sched::Candidates&, std::span<const float> totals,
               base::Rng& rng, std::span<uint32_t> order) const override {
    const auto key = [&](size_t i) {
      if (totals[i] <= 0) return 0.0f;
      // At least 2^-53, so that the logarithm is finite.
      const double u = std::max(rng.Unit(), 0x1p-53);
      // 1 / -ln(key): orders as the key does, and spreads over the range of a float.
      return static_cast<float>(totals[i] / -std::log(std::min(u, 1 - 0x1p-53)));
    };
    return TopOf(totals.size(), key, rng.Next(), most_, order);
  }

 private:
  const size_t most_;
};

base::Result<std::unique_ptr<const sched::Picker>> Make(const config::Node& params,
                                                        sched::Context&) {
  return {std::make_unique<WeightedRandom>(TRY(ReadMostEndpoints(params)))};
}

}  // namespace

extern constinit const sched::PluginSpec kWeightedRandomPicker{
    .type = "weighted-random-picker",
    .doc =
        "Draws the candidates at random, in proportion to their total scores, without putting any "
        "back. Those with a total of 0 come last.",
    .params = kPickerParams,
    .make = Make,
};

}  // namespace fairway::plugins
