#pragma once
// One task for each member of a pool, as long as it is a member: what the scraper and the model
// discovery have in common. Looks at the membership ten times a second, which costs one comparison
// when nothing changed. Lives on the control loop.
//
// Invariant: a task whose member left sees `gone` at its next wake-up and ends; it must not report
// anything after that, since the slot may have been given to another endpoint.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/snapshot.h"
#include "model/endpoint.h"
#include "rt/event.h"
#include "rt/gate.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::sources {

// What a task has of its own; derive from it for more.
struct Member {
  Member(rt::Loop& loop, model::Endpoint joined) : endpoint(std::move(joined)), wake(loop) {}
  const model::Endpoint endpoint;  // as it joined; what it serves may have changed since
  rt::Event wake;                  // set when it leaves, or by whoever wants the task to hurry
  bool gone = false;
};

template <class M>
class MemberTasks {
 public:
  static constexpr base::Duration kLookEach = std::chrono::milliseconds(100);
  using Run = std::function<rt::Task<void>(std::shared_ptr<M>)>;
  using Look = std::function<void(M&)>;

  // `run` is the task of one member; `look`, if any, is called for each at every look.
  MemberTasks(rt::Loop& loop, const base::Snapshot<model::EndpointSet>& members, Run run,
              Look look = nullptr)
      : loop_(loop),
        reader_(members),
        run_(std::move(run)),
        look_(std::move(look)),
        timer_([this] { Tick(); }),
        gate_(loop) {}
  MemberTasks(const MemberTasks&) = delete;
  MemberTasks& operator=(const MemberTasks&) = delete;

  // Begins a task for each member there is now, on the caller's stack.
  void Start() { Tick(); }

  // Tells every task to end, and waits for it. Then this can be destroyed.
  rt::Task<void> Stop() {
    timer_.Stop();
    for (auto& [id, member] : running_) Leave(*member);
    running_.clear();
    co_await gate_.Drained();
  }

  size_t size() const { return running_.size(); }

 private:
  static void Leave(M& member) {
    member.gone = true;
    member.wake.Set();
  }

  void Tick() {
    const model::EndpointSet& set = reader_.Get();
    if (set.version() != seen_ || first_) Follow(set);
    first_ = false;
    seen_ = set.version();
    if (look_ != nullptr) {
      for (auto& [id, member] : running_) look_(*member);
    }
    loop_.Start(timer_, kLookEach);
  }

  void Follow(const model::EndpointSet& set) {
    std::erase_if(running_, [&set](auto& entry) {
      if (set.Find(entry.first) != nullptr) return false;
      Leave(*entry.second);
      return true;
    });
    for (const model::Endpoint& endpoint : set.endpoints()) {
      auto& member = running_[endpoint.id];
      if (member != nullptr) continue;
      member = std::make_shared<M>(loop_, endpoint);
      rt::Spawn(run_(member), gate_);
    }
  }

  rt::Loop& loop_;
  base::Snapshot<model::EndpointSet>::Reader reader_;
  const Run run_;
  const Look look_;
  rt::Timer timer_;
  rt::Gate gate_;
  std::map<model::EndpointId, std::shared_ptr<M>> running_;
  uint64_t seen_ = 0;
  bool first_ = true;
};

}  // namespace fairway::sources
