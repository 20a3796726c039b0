#pragma once
// Runs an Engine on a Loop: calls Advance when it is due and tells each call what its sequence
// made. Invariant: a sequence is in the engine only while its EngineCall lives; so a client that
// goes takes its blocks and its place in the batch with it at once.

#include <memory>
#include <unordered_map>
#include <vector>

#include "modelsim/engine.h"
#include "rt/event.h"
#include "rt/loop.h"

namespace fairway::modelsim {

class EngineHost;

// One request in the engine. Lives in the coroutine that answers it.
class EngineCall {
 public:
  explicit EngineCall(EngineHost& host);
  EngineCall(const EngineCall&) = delete;
  EngineCall& operator=(const EngineCall&) = delete;
  ~EngineCall();

  // False if the engine's queue is full. Once.
  bool Submit(Submission submission);

  // Set when there is something new below.
  rt::Event& changed() { return changed_; }
  uint32_t tokens() const { return tokens_; }  // made so far
  uint32_t cached_tokens() const { return cached_tokens_; }
  bool ended() const { return ended_; }
  // Of whoever waits: the client is gone.
  bool gone() const { return gone_; }
  void MarkGone();

 private:
  friend class EngineHost;
  void Take(const TokenEvent& event);

  EngineHost& host_;
  rt::Event changed_;
  SequenceId id_ = 0;  // 0: not submitted
  uint32_t tokens_ = 0;
  uint32_t cached_tokens_ = 0;
  bool ended_ = false;
  bool gone_ = false;
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

 private:
  friend class EngineCall;
  void Drive();

  rt::Loop& loop_;
  const std::shared_ptr<const Story> story_;
  Engine engine_;
  std::unordered_map<SequenceId, EngineCall*> calls_;
  std::vector<TokenEvent> events_;
  SequenceId last_id_ = 0;
  bool paused_ = false;
  rt::Timer timer_;
};

}  // namespace fairway::modelsim
