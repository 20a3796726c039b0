#pragma once
// How many retries may run at once: a fifth of the active requests, but never fewer than ten. When
// a pool breaks, this keeps retries from doubling the load on what is left of it. Connects that
// were refused do not count: they cost the pool nothing. One a worker, so the floor is per worker.

#include <cstdint>

#include "base/check.h"

namespace fairway::director {

class RetryBudget {
 public:
  static constexpr uint32_t kActivePerRetry = 5;
  static constexpr uint32_t kFloor = 10;

  void Begin() { ++active_; }
  void End() {
    CHECK(active_ > 0);
    --active_;
  }

  // False when the budget is spent. A taken retry is given back when its request ends.
  bool Take() {
    if (retrying_ >= kFloor && retrying_ * kActivePerRetry >= active_) return false;
    ++retrying_;
    return true;
  }
  void Give(uint32_t taken) {
    CHECK(retrying_ >= taken);
    retrying_ -= taken;
  }

  uint32_t active() const { return active_; }
  uint32_t retrying() const { return retrying_; }

 private:
  uint32_t active_ = 0;
  uint32_t retrying_ = 0;
};

}  // namespace fairway::director
