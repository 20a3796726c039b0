#pragma once
// TimerQueue: armed Timers (rt/loop.h) by deadline, then by start. A binary heap that knows where
// each timer stands, so that stopping one is O(log n); moving one later is O(1), because its entry
// keeps the old key until it comes to the top (idle timeouts move at every request and almost never
// fire). One thread. Invariant: an entry's key is never after its timer's deadline.

#include <cstdint>
#include <optional>
#include <vector>

#include "rt/loop.h"

namespace fairway::rt {

class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  ~TimerQueue();  // disarms what is still armed

  // Arms the timer, or moves it if it is armed here already.
  void Start(Timer& timer, TimePoint deadline);
  void Remove(Timer& timer);

  size_t size() const { return heap_.size(); }
  // The exact earliest deadline.
  std::optional<TimePoint> Next();

  // Runs what is due at `now`, in order. What is started meanwhile waits for the next call.
  void Fire(TimePoint now);

 private:
  struct Entry {
    TimePoint key;
    uint64_t sequence;
    Timer* timer;
    bool Before(const Entry& other) const {
      return key != other.key ? key < other.key : sequence < other.sequence;
    }
  };
  void Place(size_t position, const Entry& entry);
  void SiftUp(size_t position, Entry entry);
  void SiftDown(size_t position, Entry entry);
  void RemoveAt(size_t position);
  void SettleTop();  // until the top entry's key is its timer's deadline

  std::vector<Entry> heap_;
  uint64_t next_sequence_ = 0;
};

}  // namespace fairway::rt
