// max-score-picker: best total first; candidates with equal totals stand in random order.

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

// A candidate's place as one number, so that ordering compares integers: the total (a non-negative
// float orders like its bits), then random bits that decide between equals, then which it is.
constexpr int kIndexBits = 12;
constexpr int kRandomBits = 20;
constexpr uint64_t kIndexMask = (1u << kIndexBits) - 1;

// Random bits of candidate i from the decision's one random number: a finaliser in the manner of
// splitmix64, spread by the golden ratio. Drawing from the Rng for each would cost more.
uint64_t RandomBits(uint64_t draw, uint64_t i) {
  uint64_t z = draw + i * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93;
  return z >> (64 - kRandomBits);
}

uint64_t KeyOf(float total, uint64_t draw, uint64_t i) {
  const uint64_t bits = std::bit_cast<uint32_t>(total);
  return bits << (kRandomBits + kIndexBits) | RandomBits(draw, i) << kIndexBits | i;
}

float TotalOf(uint64_t key) {
  return std::bit_cast<float>(static_cast<uint32_t>(key >> (kRandomBits + kIndexBits)));
}

class MaxScore final : public sched::Picker {
 public:
  explicit MaxScore(size_t most) : most_(most) {}

  size_t Order(const sched::Request&, const sched::Candidates& candidates,
               std::span<const float> totals, base::Rng& rng,
               std::span<uint32_t> order) const override {
    CHECK(candidates.size() <= kIndexMask + 1);
    const uint64_t draw = rng.Next();
    std::array<uint64_t, kCapacity> best;  // descending
    const size_t room = std::min({order.size(), most_, kCapacity});
    size_t held = 0;
    if (room == 0) return 0;
    float worst = 0;  // total of the last one held, once there is no more room
    for (size_t i = 0; i < totals.size(); ++i) {
      if (totals[i] < worst) continue;
      const uint64_t key = KeyOf(totals[i], draw, i);
      if (held == room) {
        if (key < best[held - 1]) continue;
        --held;
      }
      size_t at = held++;
      for (; at > 0 && best[at - 1] < key; --at) best[at] = best[at - 1];
      best[at] = key;
      if (held == room) worst = TotalOf(best[held - 1]);
    }
    for (size_t k = 0; k < held; ++k) order[k] = static_cast<uint32_t>(best[k] & kIndexMask);
    return held;
  }

 private:
  static constexpr size_t kCapacity = 64;
  const size_t most_;
};

base::Result<std::unique_ptr<const sched::Picker>> Make(const config::Node& params,
                                                        sched::Context&) {
  int32_t most = INT32_MAX;
  config::Fields fields(params);
  fields.Read("maxNumOfEndpoints", most);
  TRY_STATUS(fields.Finish());
  return {std::make_unique<MaxScore>(static_cast<size_t>(std::max(most, 1)))};
}

constexpr std::array<sched::ParamDoc, 1> kParams{{
    {"maxNumOfEndpoints", "",
     "endpoints to try at most, best first; 0 and less mean 1. Unset: as many as a decision lists"},
}};

}  // namespace

extern constinit const sched::PluginSpec kMaxScorePicker{
    .type = "max-score-picker",
    .doc = "Orders the candidates by total score, the best first; equals stand in random order.",
    .params = kParams,
    .make = Make,
};

}  // namespace fairway::plugins
