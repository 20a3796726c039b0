#pragma once
// Runs an Engine on a Loop: calls Advance when it is due and tells each call what its sequence
// made. Invariant: a sequence is in the engine only while its EngineCall lives; so a client that
// goes takes its blocks and its place in the batch with it at once.

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "modelsim/engine/engine.h"
#include "rt/event.h"
#include "rt/loop.h"

namespace fairway::modelsim {

class EngineHost;

// One request in the engine: one sequence, or several (n answers, several prompts). Lives in the
// coroutine that answers it.
class EngineCall {
 public:
  struct Progress {
    SequenceId id = 0;
    uint32_t tokens = 0;  // made so far
    uint32_t cached_tokens = 0;
    bool ended = false;
  };

  explicit EngineCall(EngineHost& host);
  EngineCall(const EngineCall&) = delete;
  EngineCall& operator=(const EngineCall&) = delete;
  ~EngineCall();

  // Adds a sequence. False if the engine's queue is full; the request then is to be given up.
  bool Submit(Submission submission);

  // Set when there is something new below.
  rt::Event& changed() { return changed_; }
  // In order of submission.
  std::span<const Progress> sequences() const { return sequences_; }
  bool ended() const { return open_ == 0; }  // every sequence has
  // Of whoever waits: the client is gone.
  bool gone() const { return gone_; }
  void MarkGone();
  // The engine gave the request up: it shuts down, or died.
  bool aborted() const { return aborted_; }

 private:
  friend class EngineHost;
  void Take(const TokenEvent& event);

  EngineHost& host_;
  rt::Event changed_;
  std::vector<Progress> sequences_;
  size_t open_ = 0;
  bool gone_ = false;
  bool aborted_ = false;
};

class EngineHost {
 public:
  // Without a story it makes one of the profile's seed.
  EngineHost(rt::Loop& loop, const Profile& profile, std::shared_ptr<const Story> story = {});
  ~EngineHost();

  const Engine& engine() const { return engine_; }
  const Story& story() const { return *story_; }
  rt::Loop& loop() { return loop_; }

  // A paused engine makes no token until it is resumed; what is submitted meanwhile waits.
  void Pause();
  void Resume();

  // Every request in the engine is given up: its caller sees it as aborted.
  void AbortAll();
  // Forgets every cached block that no request holds.
  void ResetPrefixCache();
  void ForgetAdapter(AdapterId adapter) { engine_.ForgetAdapter(adapter); }

 private:
  friend class EngineCall;
  void Drive();

  rt::Loop& loop_;
  const std::shared_ptr<const Story> story_;
  Engine engine_;
  std::map<SequenceId, EngineCall*> calls_;
  std::vector<TokenEvent> events_;
  SequenceId last_id_ = 0;
  bool paused_ = false;
  rt::Timer timer_;
};

}  // namespace fairway::modelsim
