#include "modelsim/engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairway::modelsim {
namespace {

// Steps that take no time are cut here, so that one Advance does not hold its loop for long.
constexpr size_t kEventsPerAdvance = 4096;

uint32_t CeilDivide(uint32_t a, uint32_t b) { return a / b + (a % b != 0 ? 1 : 0); }

}  // namespace

struct Engine::Sequence {
  SequenceId id = 0;
  Submission asked;
  uint64_t arrival = 0;
  base::TimePoint submitted{};
  base::TimePoint begun{};  // its first step
  base::TimePoint first_token{};
  base::TimePoint last_token{};  // or the start of its first step
  uint32_t produced = 0;         // tokens of the answer
  uint32_t computed = 0;         // tokens whose KV is in blocks
  uint32_t scheduled = 0;        // of them in the step under way
  uint32_t published = 0;        // leading blocks known to the cache by hash
  uint32_t cached_tokens = 0;
  uint32_t preemptions = 0;
  bool started = false;  // has been in a step
  std::vector<BlockId> blocks;

  uint32_t known() const { return asked.prompt.tokens + produced; }
};

Engine::Engine(const Profile& profile, const Story& story)
    : profile_(profile),
      story_(story),
      uses_kv_(profile.enable_prefix_caching || !profile.Instant()),
      kv_(profile.num_gpu_blocks),
      slots_(profile.max_loras) {}

Engine::~Engine() = default;

bool Engine::Before(const SequencePointer& a, const SequencePointer& b) {
  if (a->asked.priority != b->asked.priority) return a->asked.priority < b->asked.priority;
  return a->arrival < b->arrival;
}

bool Engine::Submit(base::TimePoint now, SequenceId id, Submission submission) {
  CHECK(submission.output_tokens > 0);
  CHECK(uint64_t{submission.prompt.tokens} + submission.output_tokens <= profile_.ContextTokens());
  CHECK(submission.adapter == 0 || profile_.max_loras > 0);
  // What the running batch takes in the next step anyhow does not count as queued.
  const size_t room =
      profile_.max_num_seqs - std::min<size_t>(running_.size(), profile_.max_num_seqs);
  if (waiting_.size() >= profile_.max_num_queued_reqs + room) {
    ++stats_.rejected;
    return false;
  }
  auto sequence = std::make_unique<Sequence>();
  sequence->id = id;
  sequence->asked = std::move(submission);
  sequence->arrival = ++arrivals_;
  sequence->submitted = now;
  Enqueue(std::move(sequence));
  return true;
}

void Engine::Enqueue(SequencePointer sequence) {
  if (waiting_.empty() || Before(waiting_.back(), sequence)) {
    waiting_.push_back(std::move(sequence));
  } else {
    waiting_.insert(std::ranges::upper_bound(waiting_, sequence, Before), std::move(sequence));
  }
}

void Engine::Cancel(SequenceId id) {
  const auto is_it = [id](const SequencePointer& sequence) { return sequence->id == id; };
  if (const auto found = std::ranges::find_if(running_, is_it); found != running_.end()) {
    kv_.Release((*found)->blocks);
    running_.erase(found);
    ++stats_.cancelled;
  } else if (const auto queued = std::ranges::find_if(waiting_, is_it); queued != waiting_.end()) {
    waiting_.erase(queued);
    ++stats_.cancelled;
  }
}

base::TimePoint Engine::NextDeadline() const {
  if (stepping_) return step_end_;
  if (!waiting_.empty() || !running_.empty()) return base::TimePoint::min();
  return base::TimePoint::max();
}

void Engine::Advance(base::TimePoint now, std::vector<TokenEvent>& events) {
  while (events.size() < kEventsPerAdvance) {
    base::TimePoint start = now;
    if (stepping_) {
      if (step_end_ > now) return;
      // A caller that is a little late does not slow the engine down; one that was away for longer
      // than a step (a hung engine) does not make it catch up.
      if (now - step_end_ < step_cost_) start = step_end_;
      FinishStep(events);
    }
    StartStep(start);
    if (!stepping_) return;
  }
}

void Engine::StartStep(base::TimePoint at) {
  stepping_ = false;
  preempted_ = false;
  step_adapters_.clear();
  const uint32_t budget = ScheduleRunning(profile_.max_num_batched_tokens);
  AdmitWaiting(budget);
  if (running_.empty()) return;
  uint32_t prefill_tokens = 0;
  uint32_t step_tokens = 0;
  uint64_t kv_tokens = 0;
  for (const SequencePointer& sequence : running_) {
    step_tokens += sequence->scheduled;
    kv_tokens += sequence->computed + sequence->scheduled;
    if (sequence->produced == 0 || sequence->scheduled > 1) prefill_tokens += sequence->scheduled;
    if (!std::exchange(sequence->started, true)) sequence->begun = sequence->last_token = at;
  }
  stats_.step_tokens.Observe(step_tokens);
  const uint32_t loads = slots_.Use(step_adapters_);
  stats_.adapter_loads += loads;
  step_cost_ = StepCost(prefill_tokens,
                        static_cast<uint32_t>(std::min<uint64_t>(kv_tokens, UINT32_MAX)), loads);
  step_end_ = at + step_cost_;
  stepping_ = true;
}

base::Duration Engine::StepCost(uint32_t prefill_tokens, uint32_t kv_tokens, uint32_t loads) const {
  // A missing adapter is loaded in the step's own time: the whole batch waits for it.
  double cost = static_cast<double>(profile_.lora_load_time.count()) * loads +
                static_cast<double>(profile_.step_base.count()) +
                static_cast<double>(profile_.step_per_sequence.count()) *
                    static_cast<double>(running_.size()) +
                static_cast<double>(profile_.step_per_1k_kv_tokens.count()) * kv_tokens / 1000;
  if (profile_.prefill_tokens_per_s > 0)
    cost += prefill_tokens * 1e9 / profile_.prefill_tokens_per_s;
  return base::Duration(static_cast<int64_t>(cost));
}

uint32_t Engine::ScheduleRunning(uint32_t budget) {
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    sequence.scheduled = std::min(budget, sequence.known() - sequence.computed);
    // The last ones give way; in the end the sequence itself, which fits once others have ended.
    while (!Grow(sequence, sequence.computed + sequence.scheduled)) {
      const bool itself = i + 1 == running_.size();
      CHECK(running_.size() > 1);
      PreemptLast();
      if (itself) return budget;
    }
    budget -= sequence.scheduled;
    CHECK(TakeAdapter(sequence));
  }
  return budget;
}

bool Engine::TakeAdapter(const Sequence& sequence) {
  const AdapterId adapter = sequence.asked.adapter;
  if (adapter == 0 || std::ranges::find(step_adapters_, adapter) != step_adapters_.end()) {
    return true;
  }
  if (step_adapters_.size() == slots_.slots()) return false;
  step_adapters_.push_back(adapter);
  return true;
}

void Engine::AdmitWaiting(uint32_t budget) {
  if (preempted_) return;
  size_t next = 0;
  while (next < waiting_.size() && budget > 0 && running_.size() < profile_.max_num_seqs) {
    Sequence& sequence = *waiting_[next];
    // Who waits for an adapter's slot does not hold up those behind.
    const size_t adapters = step_adapters_.size();
    if (!TakeAdapter(sequence)) {
      ++next;
      continue;
    }
    if (!TakeBlocks(sequence, budget)) {
      step_adapters_.resize(adapters);
      return;
    }
    if (!sequence.started) {
      sequence.cached_tokens = sequence.computed;
      if (profile_.enable_prefix_caching) stats_.prefix_queries += sequence.asked.prompt.tokens;
      stats_.prefix_hits += sequence.cached_tokens;
    }
    budget -= sequence.scheduled;
    const auto from = waiting_.begin() + static_cast<ptrdiff_t>(next);
    running_.insert(std::ranges::upper_bound(running_, *from, Before), std::move(*from));
    waiting_.erase(from);
  }
}

std::vector<AdapterId> Engine::RunningAdapters() const { return AdaptersOf(running_); }
std::vector<AdapterId> Engine::WaitingAdapters() const { return AdaptersOf(waiting_); }

template <class Sequences>
std::vector<AdapterId> Engine::AdaptersOf(const Sequences& sequences) {
  std::vector<AdapterId> adapters;
  for (const SequencePointer& sequence : sequences) {
    if (sequence->asked.adapter != 0) adapters.push_back(sequence->asked.adapter);
  }
  std::ranges::sort(adapters);
  const auto rest = std::ranges::unique(adapters);
  adapters.erase(rest.begin(), rest.end());
  return adapters;
}

bool Engine::TakeBlocks(Sequence& sequence, uint32_t budget) {
  std::span<const uint64_t> cached;
  if (profile_.enable_prefix_caching) {
    // The last token is computed in any case: its step makes the next one.
    const uint32_t whole = (sequence.asked.prompt.tokens - 1) / profile_.block_size;
    cached = std::span(sequence.asked.prompt.block_hashes);
    cached = cached.first(std::min<size_t>(whole, cached.size()));
    cached = cached.first(kv_.Match(cached));
  }
  const auto reused = static_cast<uint32_t>(cached.size());
  const uint32_t chunk = std::min(budget, sequence.known() - reused * profile_.block_size);
  const uint32_t tokens = reused * profile_.block_size + chunk;
  const uint32_t fresh = CeilDivide(tokens, profile_.block_size) - reused;
  if (uses_kv_ && !kv_.Acquire(cached, fresh, sequence.blocks)) return false;
  sequence.computed = reused * profile_.block_size;
  sequence.published = reused;
  sequence.scheduled = chunk;
  return true;
}

bool Engine::Grow(Sequence& sequence, uint32_t computed) {
  if (!uses_kv_) return true;
  const uint32_t needed = CeilDivide(computed, profile_.block_size);
  const auto held = static_cast<uint32_t>(sequence.blocks.size());
  return needed <= held || kv_.Acquire({}, needed - held, sequence.blocks);
}

void Engine::PreemptLast() {
  SequencePointer last = std::move(running_.back());
  running_.pop_back();
  kv_.Release(last->blocks);
  ++last->preemptions;
  last->computed = last->scheduled = last->published = 0;
  Enqueue(std::move(last));
  preempted_ = true;
  ++stats_.preemptions;
}

void Engine::FinishStep(std::vector<TokenEvent>& events) {
  size_t kept = 0;
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    sequence.computed += std::exchange(sequence.scheduled, 0);
    PublishBlocks(sequence);
    if (sequence.computed == sequence.known()) {
      // Nothing else can happen between steps that take no time: the answer comes whole.
      const uint32_t tokens =
          profile_.Instant() ? sequence.asked.output_tokens - sequence.produced : 1;
      const uint32_t first = sequence.produced;
      CountTokens(sequence, tokens);
      const bool last = sequence.produced == sequence.asked.output_tokens;
      events.push_back({sequence.id, first, tokens, sequence.cached_tokens, last});
      if (last) {
        PublishAnswer(sequence);
        kv_.Release(sequence.blocks);
        continue;
      }
    }
    if (kept != i) running_[kept] = std::move(running_[i]);
    ++kept;
  }
  running_.resize(kept);
  stepping_ = false;
}

void Engine::CountTokens(Sequence& sequence, uint32_t tokens) {
  const base::Duration waited = step_end_ - sequence.last_token;
  const bool pooled = sequence.asked.work == Work::kPool;
  if (sequence.produced == 0) {
    stats_.prompt_tokens += sequence.asked.prompt.tokens;
    stats_.queue.Observe(base::Seconds(sequence.last_token - sequence.submitted));
    if (!pooled) stats_.first_token.Observe(base::Seconds(step_end_ - sequence.submitted));
    sequence.first_token = step_end_;
    if (tokens > 1) stats_.inter_token.Observe(0, tokens - 1);
  } else {
    stats_.inter_token.Observe(base::Seconds(waited) / tokens, tokens);
  }
  sequence.last_token = step_end_;
  sequence.produced += tokens;
  if (!pooled) stats_.generation_tokens += tokens;
  if (sequence.produced == sequence.asked.output_tokens) CountEnd(sequence);
}

void Engine::CountEnd(const Sequence& sequence) {
  stats_.request.Observe(base::Seconds(step_end_ - sequence.submitted));
  stats_.inference.Observe(base::Seconds(step_end_ - sequence.begun));
  stats_.prefill.Observe(base::Seconds(sequence.first_token - sequence.begun));
  const double decode = base::Seconds(step_end_ - sequence.first_token);
  stats_.decode.Observe(decode);
  if (sequence.produced > 1) stats_.token_of_request.Observe(decode / (sequence.produced - 1));
  stats_.request_prompt.Observe(sequence.asked.prompt.tokens);
  stats_.request_generation.Observe(sequence.produced);
  stats_.request_computed.Observe(sequence.asked.prompt.tokens - sequence.cached_tokens);
  stats_.request_preemptions.Observe(sequence.preemptions);
  stats_.params_n.Observe(1);
  ++(sequence.asked.finish == FinishReason::kStop ? stats_.finished_stop : stats_.finished_length);
}

void Engine::PublishBlocks(Sequence& sequence) {
  if (!profile_.enable_prefix_caching) return;
  const auto& hashes = sequence.asked.prompt.block_hashes;
  const auto whole = std::min<size_t>(hashes.size(), sequence.computed / profile_.block_size);
  for (; sequence.published < whole; ++sequence.published) {
    kv_.Publish(sequence.blocks[sequence.published], hashes[sequence.published]);
  }
}

void Engine::PublishAnswer(Sequence& sequence) {
  if (!profile_.enable_prefix_caching || sequence.asked.work == Work::kPool) return;
  // Only now, and not block by block as vLLM does: nobody can ask for the answer's continuation
  // before the answer is there.
  std::string answer;
  story_.Append(sequence.asked.story_start, sequence.produced, answer);
  Prompt& text = sequence.asked.prompt;
  ExtendPrompt(text, answer, profile_.block_size);
  PublishBlocks(sequence);
}

}  // namespace fairway::modelsim
