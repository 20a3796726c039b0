#pragma once
// A batch engine without I/O and without a clock, after vLLM's scheduler: sequences wait, are
// admitted into a running batch while there is room for their KV blocks and their adapters, are
// prefilled in chunks and then grow by a token a step. When blocks run out, the running sequence
// that comes last (by priority, then arrival) gives its blocks back and waits to be computed again.
// It takes `now`, appends what happened to a list of events and says when its step under way ends.
//
// A step takes a + b * sequences + c * KV tokens + prefilled tokens / prefill rate + adapter loads.
//
// Invariants: each submitted sequence ends exactly once, by a last event or by Cancel; blocks are
// held by running sequences only; the same calls give the same events.

#include <deque>
#include <memory>
#include <vector>

#include "base/time.h"
#include "modelsim/engine/engine_stats.h"
#include "modelsim/engine/kv_cache.h"
#include "modelsim/engine/lora_slots.h"
#include "modelsim/engine/prompt.h"
#include "modelsim/engine/story.h"
#include "modelsim/profile.h"

namespace fairway::modelsim {

using SequenceId = uint64_t;

enum class FinishReason : unsigned char { kStop, kLength, kAbort };

// What is asked of the model.
enum class Work : unsigned char {
  kGenerate,
  kPool,  // one vector or score for the prompt: a prefill whose only "token" counts as none
};

struct Submission {
  Prompt prompt;
  uint32_t output_tokens = 1;  // > 0; prompt and output fit Profile::ContextTokens()
  FinishReason finish = FinishReason::kLength;
  uint64_t story_start = 0;  // what the sequence writes
  AdapterId adapter = 0;     // needs Profile::max_loras > 0 if not 0
  int32_t priority = 0;      // the lower, the sooner
  Work work = Work::kGenerate;
};

// A sequence made tokens.
struct TokenEvent {
  SequenceId sequence = 0;
  uint32_t first = 0;          // index of the first new token in the answer
  uint32_t tokens = 0;         // how many; > 0
  uint32_t cached_tokens = 0;  // of the prompt, found in the KV cache
  bool last = false;           // the sequence ended with them
};

class Engine {
 public:
  // The story must outlive the engine.
  Engine(const Profile& profile, const Story& story);
  ~Engine();

  // False, and counted, if the queue is full. `id` must be new.
  bool Submit(base::TimePoint now, SequenceId id, Submission submission);
  // Forgets the sequence and frees its blocks at once. Does nothing if it has ended.
  void Cancel(SequenceId id);

  // When to call Advance next: min() if there is something to start, max() if nothing to do.
  base::TimePoint NextDeadline() const;
  // Of the given state, each adapter once, ascending; the base model left out.
  std::vector<AdapterId> RunningAdapters() const;
  std::vector<AdapterId> WaitingAdapters() const;
  // The adapter is no longer served. Sequences that use it go on.
  void ForgetAdapter(AdapterId adapter) { slots_.Forget(adapter); }
  // Forgets every cached block that no sequence holds.
  void ResetPrefixCache() { kv_.ForgetFree(); }

  // Does what is due at `now`, which never goes back; appends to `events`, at most some thousands.
  void Advance(base::TimePoint now, std::vector<TokenEvent>& events);

  size_t waiting() const { return waiting_.size(); }
  size_t running() const { return running_.size(); }
  const KvCache& kv() const { return kv_; }
  const LoraSlots& slots() const { return slots_; }
  const EngineStats& stats() const { return stats_; }
  const Profile& profile() const { return profile_; }

 private:
  struct Sequence;
  using SequencePointer = std::unique_ptr<Sequence>;

  template <class Sequences>
  static std::vector<AdapterId> AdaptersOf(const Sequences& sequences);
  static bool Before(const SequencePointer& a, const SequencePointer& b);
  void Enqueue(SequencePointer sequence);
  void StartStep(base::TimePoint at);
  void FinishStep(std::vector<TokenEvent>& events);
  // Gives the running sequences their share of the budget; what does not fit in KV is preempted.
  uint32_t ScheduleRunning(uint32_t budget);
  void AdmitWaiting(uint32_t budget);
  // Whether the sequence's adapter can be in this step; notes it if so.
  bool TakeAdapter(const Sequence& sequence);
  // Blocks for as much of the sequence as the budget allows, beyond what is cached; false if there
  // are too few.
  bool TakeBlocks(Sequence& sequence, uint32_t budget);
  bool Grow(Sequence& sequence, uint32_t computed);
  void PreemptLast();
  void PublishBlocks(Sequence& sequence);
  void PublishAnswer(Sequence& sequence);
  void CountTokens(Sequence& sequence, uint32_t tokens);
  void CountEnd(const Sequence& sequence);
  base::Duration StepCost(uint32_t prefill_tokens, uint32_t kv_tokens, uint32_t loads) const;

  const Profile profile_;
  const Story& story_;
  // An instant engine without reuse holds no block for any time that could be seen.
  const bool uses_kv_;
  KvCache kv_;
  LoraSlots slots_;
  EngineStats stats_;
  // Both by priority, then arrival.
  std::deque<SequencePointer> waiting_;
  std::vector<SequencePointer> running_;
  std::vector<AdapterId> step_adapters_;  // of the step under way
  uint64_t arrivals_ = 0;
  bool stepping_ = false;
  base::TimePoint step_end_{};
  base::Duration step_cost_{};
  bool preempted_ = false;  // in the step being scheduled
};

}  // namespace fairway::modelsim
