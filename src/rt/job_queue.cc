#include "rt/job_queue.h"

#include "base/check.h"
#include "rt/inline_budget.h"

namespace fairway::rt {

void Job::Unlink() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

JobQueue::~JobQueue() {
  while (!empty()) end_.next_->Unlink();
}

void JobQueue::Push(Job& job) {
  CHECK(!job.queued());
  job.next_ = &end_;
  job.previous_ = end_.previous_;
  end_.previous_->next_ = &job;
  end_.previous_ = &job;
}

void JobQueue::Append(JobQueue& other) {
  if (other.empty()) return;
  Job* const first = other.end_.next_;
  Job* const last = other.end_.previous_;
  other.end_.next_ = other.end_.previous_ = &other.end_;
  first->previous_ = end_.previous_;
  end_.previous_->next_ = first;
  last->next_ = &end_;
  end_.previous_ = last;
}

void JobQueue::RunAll() {
  while (!empty()) {
    Job* const job = end_.next_;
    job->Unlink();
    RefillInlineBudget();
    job->Run();
  }
}

}  // namespace fairway::rt
