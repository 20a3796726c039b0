#pragma once
// Counts what costs the peer nothing and us something, on the Loop's time, so that a simulation is
// exact: token buckets for broken-off streams and for frames without content. A value.

#include <algorithm>

#include "base/time.h"
#include "http/h2/limits.h"

namespace fairway::http {

class TokenBucket {
 public:
  explicit TokenBucket(const H2Rate& rate)
      : burst_(rate.burst), per_second_(rate.per_second), tokens_(burst_) {}

  // False if there is none left.
  bool Take(base::TimePoint now) {
    if (now > refilled_) {
      if (refilled_ != base::TimePoint{}) Give(base::Seconds(now - refilled_) * per_second_);
      refilled_ = now;
    }
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  void Give(double tokens) { tokens_ = std::min(burst_, tokens_ + tokens); }

 private:
  double burst_;
  double per_second_;
  double tokens_;
  base::TimePoint refilled_{};
};

class H2FloodGuard {
 public:
  explicit H2FloodGuard(const H2Limits& limits) : resets_(limits.resets), frames_(limits.frames) {}

  void OnBrokenStream(base::TimePoint now) { flooded_ |= !resets_.Take(now); }
  void OnIdleFrame(base::TimePoint now) { flooded_ |= !frames_.Take(now); }
  void OnDataSent() { frames_.Give(kH2FramesPerData); }
  // From then on for ever.
  bool flooded() const { return flooded_; }
  void SetFlooded() { flooded_ = true; }

 private:
  TokenBucket resets_;
  TokenBucket frames_;
  bool flooded_ = false;
};

}  // namespace fairway::http
