#pragma once
// What pickers share: the candidates of the greatest keys, in order, and how many a picker lists.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/status.h"
#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {

// A candidate's place as one number, so that ordering compares integers: its rank (a non-negative
// float orders like its bits), then random bits that decide between equals, then which it is.
inline constexpr int kIndexBits = 12;
inline constexpr int kRandomBits = 20;

// Random bits of candidate i from the decision's one random number: a finaliser in the manner of
// splitmix64, spread by the golden ratio. Drawing from the Rng for each would cost more.
inline uint64_t RandomBits(uint64_t draw, uint64_t i) {
  uint64_t z = draw + i * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93;
  return z >> (64 - kRandomBits);
}

// Writes the candidates of the greatest ranks to `order`, the greatest first, equals in random
// order; returns how many. rank(i) is not negative and no NaN.
template <class Rank>
size_t TopOf(size_t count, Rank rank, uint64_t draw, size_t most, std::span<uint32_t> order) {
  constexpr size_t kCapacity = 64;
  constexpr uint64_t kIndexMask = (1u << kIndexBits) - 1;
  CHECK(count <= kIndexMask + 1);
  std::array<uint64_t, kCapacity> best;  // descending
  const size_t room = std::min({order.size(), most, kCapacity});
  size_t held = 0;
  if (room == 0) return 0;
  float worst = 0;  // rank of the last one held, once there is no more room
  for (size_t i = 0; i < count; ++i) {
    const float here = rank(i);
    if (here < worst) continue;
    const uint64_t bits = std::bit_cast<uint32_t>(here);
    const uint64_t key = bits << (kRandomBits + kIndexBits) | RandomBits(draw, i) << kIndexBits | i;
    if (held == room) {
      if (key < best[held - 1]) continue;
      --held;
    }
    size_t at = held++;
    for (; at > 0 && best[at - 1] < key; --at) best[at] = best[at - 1];
    best[at] = key;
    if (held == room)
      worst =
          std::bit_cast<float>(static_cast<uint32_t>(best[held - 1] >> (kRandomBits + kIndexBits)));
  }
  for (size_t k = 0; k < held; ++k) order[k] = static_cast<uint32_t>(best[k] & kIndexMask);
  return held;
}

// maxNumOfEndpoints, the one parameter of every picker.
inline base::Result<size_t> ReadMostEndpoints(const config::Node& params) {
  int32_t most = INT32_MAX;
  config::Fields fields(params);
  fields.Read("maxNumOfEndpoints", most);
  TRY_STATUS(fields.Finish());
  return static_cast<size_t>(std::max(most, 1));
}

inline constexpr std::array<sched::ParamDoc, 1> kPickerParams{{
    {"maxNumOfEndpoints", "",
     "endpoints to try at most, best first; 0 and less mean 1. Unset: as many as a decision lists"},
}};

}  // namespace fairway::plugins
