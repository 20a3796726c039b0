#pragma once
// A deadline that moves with every step of a connection and hardly ever passes. Moving it later
// costs two stores: the timer under it stays where it is and, when it fires early, is started again
// for the rest.

#include <functional>
#include <utility>

#include "rt/loop.h"

namespace fairway::http {

class Deadline {
 public:
  Deadline(rt::Loop& loop, std::move_only_function<void()> on_expire)
      : loop_(loop), on_expire_(std::move(on_expire)), timer_([this] { Fire(); }) {}

  // Expires `after` from now, instead of whatever was set before.
  void Set(base::Duration after) { SetAt(loop_.Now() + after); }
  void SetAt(base::TimePoint at) {
    at_ = at;
    if (!timer_.armed() || timer_.deadline() > at) loop_.Start(timer_, at - loop_.Now());
  }
  void Clear() { at_ = base::TimePoint::max(); }
  bool set() const { return at_ != base::TimePoint::max(); }

 private:
  void Fire() {
    if (!set()) return;
    if (loop_.Now() < at_) {
      loop_.Start(timer_, at_ - loop_.Now());
      return;
    }
    Clear();
    on_expire_();  // may destroy this
  }

  rt::Loop& loop_;
  std::move_only_function<void()> on_expire_;
  base::TimePoint at_ = base::TimePoint::max();
  rt::Timer timer_;
};

}  // namespace fairway::http
