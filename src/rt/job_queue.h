#pragma once
// JobQueue: Jobs (rt/loop.h) in the order they were added. Intrusive: adding and removing allocate
// nothing. One thread. Invariant: a Job is in at most one queue.

#include "rt/loop.h"

namespace fairway::rt {

class JobQueue {
 public:
  JobQueue() { end_.next_ = end_.previous_ = &end_; }
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;
  ~JobQueue();  // forgets what is still queued

  bool empty() const { return end_.next_ == &end_; }
  void Push(Job& job);

  // Takes all of `other`, behind what is here.
  void Append(JobQueue& other);

  // Runs until empty, also what is added meanwhile. Each run has a fresh inline budget.
  void RunAll();

 private:
  class End final : public Job {
   public:
    void Run() override {}
  };
  End end_;  // a ring: end_ stands between the last and the first
};

}  // namespace fairway::rt
