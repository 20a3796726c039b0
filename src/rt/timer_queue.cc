#include "rt/timer_queue.h"

#include "base/check.h"
#include "rt/inline_budget.h"

namespace fairway::rt {

void Timer::Stop() {
  if (queue_ != nullptr) queue_->Remove(*this);
}

TimerQueue::~TimerQueue() {
  for (const Entry& entry : heap_) entry.timer->queue_ = nullptr;
}

void TimerQueue::Start(Timer& timer, TimePoint deadline) {
  CHECK(timer.queue_ == nullptr || timer.queue_ == this);
  timer.deadline_ = deadline;
  timer.sequence_ = next_sequence_++;
  const Entry entry{deadline, timer.sequence_, &timer};
  if (timer.queue_ == nullptr) {
    timer.queue_ = this;
    heap_.push_back(entry);
    SiftUp(heap_.size() - 1, entry);
  } else if (deadline < heap_[timer.position_].key) {
    SiftUp(timer.position_, entry);
  }
}

void TimerQueue::Remove(Timer& timer) {
  CHECK(timer.queue_ == this);
  RemoveAt(timer.position_);
  timer.queue_ = nullptr;
}

std::optional<TimePoint> TimerQueue::Next() {
  if (heap_.empty()) return std::nullopt;
  SettleTop();
  return heap_.front().key;
}

void TimerQueue::Fire(TimePoint now) {
  const uint64_t started_before = next_sequence_;
  while (!heap_.empty()) {
    SettleTop();
    const Entry top = heap_.front();
    // Whatever is due and older stands before one that was started during this call.
    if (top.key > now || top.sequence >= started_before) return;
    RemoveAt(0);
    top.timer->queue_ = nullptr;
    RefillInlineBudget();
    top.timer->on_fire_();  // may destroy the timer
  }
}

void TimerQueue::Place(size_t position, const Entry& entry) {
  heap_[position] = entry;
  entry.timer->position_ = position;
}

void TimerQueue::SiftUp(size_t position, Entry entry) {
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!entry.Before(heap_[parent])) break;
    Place(position, heap_[parent]);
    position = parent;
  }
  Place(position, entry);
}

void TimerQueue::SiftDown(size_t position, Entry entry) {
  for (;;) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].Before(heap_[child])) ++child;
    if (!heap_[child].Before(entry)) break;
    Place(position, heap_[child]);
    position = child;
  }
  Place(position, entry);
}

void TimerQueue::RemoveAt(size_t position) {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  if (position > 0 && last.Before(heap_[(position - 1) / 2])) {
    SiftUp(position, last);
  } else {
    SiftDown(position, last);
  }
}

void TimerQueue::SettleTop() {
  for (;;) {
    const Entry& top = heap_.front();
    const Timer& timer = *top.timer;
    if (top.key == timer.deadline_ && top.sequence == timer.sequence_) return;
    SiftDown(0, Entry{timer.deadline_, timer.sequence_, top.timer});
  }
}

}  // namespace fairway::rt
