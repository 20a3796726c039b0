#pragma once
// SimLoop: the Loop of a simulation. One thread, virtual time: the clock stands still while
// anything is to be run and then jumps to the next timer. Nothing depends on the machine, so a run
// repeats exactly.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/job_queue.h"
#include "rt/loop.h"
#include "rt/timer_queue.h"

namespace fairway::rt {

class SimLoop final : public Loop {
 public:
  SimLoop();

  // Runs everything up to and including Now() + duration, where the clock then stands.
  void RunFor(Duration duration);
  // Runs until nothing is queued and no timer is armed (true), or until Now() + limit (false).
  bool RunUntilIdle(Duration limit);
  // Runs until the condition, looked at after every turn, holds (true), or until Now() + limit.
  bool RunUntil(std::move_only_function<bool()> condition, Duration limit);

  // What Resolve answers. Literals and "localhost" need no entry; other names are kNotFound. An
  // empty list makes the name kUnavailable.
  void SetHost(std::string host, std::vector<std::string> addresses);

  TimePoint Now() const override { return now_; }
  WallTime WallNow() const override;
  void Start(Timer& timer, Duration delay) override;
  void Defer(Job& job) override { deferred_.Push(job); }
  void Yield(Job& job) override { yielded_.Push(job); }
  void Post(std::move_only_function<void()> function) override;
  void Resolve(std::string host, ResolveDone done) override;
  base::Status Offload(std::move_only_function<void()> work,
                       std::move_only_function<void()> done) override;

 private:
  bool Busy() const;
  void Turn();
  // One turn, after a jump of the clock if nothing is queued. False, at `end`, if nothing is due by
  // then.
  bool Step(TimePoint end);

  TimePoint now_;
  TimerQueue timers_;
  JobQueue deferred_;
  JobQueue yielded_;
  std::vector<std::move_only_function<void()>> posted_;
  std::map<std::string, std::vector<std::string>> hosts_;
  int turns_at_this_time_ = 0;
};

}  // namespace fairway::rt
