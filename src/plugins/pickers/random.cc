// random-picker: every candidate first equally often, whatever its score.

#include "plugins/pickers/top.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class Random final : public sched::Picker {
 public:
  explicit Random(size_t most) : most_(most) {}

  size_t Order(const sched::Request&, const sched::Candidates&, std::span<const float> totals,
               base::Rng& rng, std::span<uint32_t> order) const override {
    const auto equal = [](size_t) { return 0.0f; };
    return TopOf(totals.size(), equal, rng.Next(), most_, order);
  }

 private:
  const size_t most_;
};

base::Result<std::unique_ptr<const sched::Picker>> Make(const config::Node& params,
                                                        sched::Context&) {
  return {std::make_unique<Random>(TRY(ReadMostEndpoints(params)))};
}

}  // namespace

extern constinit const sched::PluginSpec kRandomPicker{
    .type = "random-picker",
    .doc = "Puts the candidates in random order; scores have no say.",
    .params = kPickerParams,
    .make = Make,
};

}  // namespace fairway::plugins
