#pragma once
// DecisionRecord: what is kept of each request so that "why this server?" can be answered
// afterwards. RecordRing: the last n of them, one ring a worker, overwritten oldest first; read and
// written on that worker's thread only. No prompt text is ever kept.

#include <array>
#include <cstdint>
#include <vector>

#include "base/fixed_text.h"
#include "base/time.h"
#include "director/attempt.h"
#include "inference/request.h"
#include "inference/usage.h"
#include "model/endpoint.h"
#include "sched/trace.h"

namespace fairway::director {

struct AttemptRecord {
  model::EndpointId endpoint;
  AttemptEnd end = AttemptEnd::kAnswered;
  bool running = true;
  base::Duration took{0};
};

struct DecisionRecord {
  static constexpr size_t kMaxAttempts = 8;  // later ones are counted, not kept

  uint64_t serial = 0;  // 0: the place is empty
  base::FixedText<128> request_id;
  base::FixedText<96> model;
  base::FixedText<64> pool;
  base::FixedText<48> client;
  inference::Api api = inference::Api::kNone;
  bool stream = false;
  bool finished = false;
  Reason reason = Reason::kNone;
  int status = 0;
  base::WallTime at{};
  base::Duration pick{0};
  base::Duration first_byte{0};  // zero: none yet
  base::Duration total{0};
  uint64_t prompt_tokens = 0;  // our estimate
  uint64_t completion_tokens = 0;
  uint64_t cached_tokens = 0;
  bool usage_told = false;
  uint32_t attempt_count = 0;
  std::array<AttemptRecord, kMaxAttempts> attempts;
  sched::DecisionTrace trace;
};

class RecordRing {
 public:
  // Remembers a record by its serial, so that a late change to one that was overwritten is dropped.
  struct Handle {
    uint64_t serial = 0;
  };

  explicit RecordRing(size_t capacity) : records_(capacity) {}

  // Overwrites the oldest. The record comes cleared, except for its arrays' unused tails.
  DecisionRecord& Open(Handle& handle);
  // Null when it was overwritten, or never opened.
  DecisionRecord* Find(Handle handle);

  // Newest first, until `visit` returns false.
  template <class Visit>
  void ForEachNewestFirst(Visit&& visit) const {
    for (uint64_t serial = last_; serial > 0 && last_ - serial < records_.size(); --serial) {
      if (!visit(records_[serial % records_.size()])) return;
    }
  }

  size_t capacity() const { return records_.size(); }
  uint64_t written() const { return last_; }

 private:
  std::vector<DecisionRecord> records_;
  uint64_t last_ = 0;
};

}  // namespace fairway::director
