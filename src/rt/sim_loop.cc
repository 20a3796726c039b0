#include "rt/sim_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "rt/inline_budget.h"
#include "rt/resolver.h"

namespace fairway::rt {
namespace {

// Not zero, so that an unset TimePoint shows; and a date, so that logs read like logs.
constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr WallTime kWallStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// More turns than this without the clock moving is a loop without end.
constexpr int kMaxTurnsAtOneTime = 10'000'000;

}  // namespace

SimLoop::SimLoop() : now_(kStart) { hosts_["localhost"] = {"127.0.0.1"}; }

void SimLoop::RunFor(Duration duration) {
  const TimePoint end = now_ + duration;
  while (Step(end)) {
  }
}

bool SimLoop::RunUntilIdle(Duration limit) {
  const TimePoint end = now_ + limit;
  while (Busy() || timers_.size() > 0) {
    if (!Step(end)) return false;
  }
  return true;
}

bool SimLoop::RunUntil(std::move_only_function<bool()> condition, Duration limit) {
  const TimePoint end = now_ + limit;
  while (!condition()) {
    if (!Step(end)) return condition();
  }
  return true;
}

void SimLoop::SetHost(std::string host, std::vector<std::string> addresses) {
  std::sort(addresses.begin(), addresses.end());
  hosts_[std::move(host)] = std::move(addresses);
}

WallTime SimLoop::WallNow() const { return kWallStart + (now_ - kStart); }

void SimLoop::Start(Timer& timer, Duration delay) {
  timers_.Start(timer, now_ + std::max(delay, Duration::zero()));
}

void SimLoop::Post(std::move_only_function<void()> function) {
  posted_.push_back(std::move(function));
}

void SimLoop::Resolve(std::string host, ResolveDone done) {
  base::Result<std::vector<std::string>> answer =
      base::Status(base::Code::kNotFound, "looking up " + host + ": no such name");
  if (IsLiteralAddress(host)) {
    answer = std::vector<std::string>{host};
  } else if (const auto found = hosts_.find(host); found != hosts_.end()) {
    if (found->second.empty()) {
      answer = base::Status(base::Code::kUnavailable, "looking up " + host + ": no server answers");
    } else {
      answer = found->second;
    }
  }
  Post([done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
}

base::Status SimLoop::Offload(std::move_only_function<void()> work,
                              std::move_only_function<void()> done) {
  Post([this, work = std::move(work), done = std::move(done)]() mutable {
    work();
    Post(std::move(done));
  });
  return {};
}

bool SimLoop::Busy() const { return !deferred_.empty() || !yielded_.empty() || !posted_.empty(); }

void SimLoop::Turn() {
  CHECK(++turns_at_this_time_ < kMaxTurnsAtOneTime);
  deferred_.Append(yielded_);
  deferred_.RunAll();
  std::vector<std::move_only_function<void()>> posted;
  posted.swap(posted_);
  for (auto& function : posted) {
    RefillInlineBudget();
    function();
    function = nullptr;
  }
  timers_.Fire(now_);
  deferred_.RunAll();
}

bool SimLoop::Step(TimePoint end) {
  if (!Busy()) {
    const std::optional<TimePoint> next = timers_.Next();
    if (!next || *next > end) {
      now_ = end;
      turns_at_this_time_ = 0;
      return false;
    }
    if (*next > now_) turns_at_this_time_ = 0;
    now_ = std::max(now_, *next);
  }
  Turn();
  return true;
}

}  // namespace fairway::rt
