#include "modelsim/engine/engine_host.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairway::modelsim {

EngineCall::EngineCall(EngineHost& host) : host_(host), changed_(host.loop_) {}

EngineCall::~EngineCall() {
  for (const Progress& sequence : sequences_) {
    host_.calls_.erase(sequence.id);
    if (!sequence.ended) host_.engine_.Cancel(sequence.id);
  }
}

bool EngineCall::Submit(Submission submission) {
  const SequenceId id = ++host_.last_id_;
  if (!host_.engine_.Submit(host_.loop_.Now(), id, std::move(submission))) return false;
  sequences_.push_back({.id = id});
  ++open_;
  host_.calls_.emplace(id, this);
  host_.Drive();
  return true;
}

void EngineCall::MarkGone() {
  gone_ = true;
  changed_.Set();
}

void EngineCall::Take(const TokenEvent& event) {
  const auto found = std::ranges::find(sequences_, event.sequence, &Progress::id);
  CHECK(found != sequences_.end());
  found->tokens = event.first + event.tokens;
  found->cached_tokens = event.cached_tokens;
  found->ended = event.last;
  if (event.last) --open_;
  changed_.Set();
}

EngineHost::EngineHost(rt::Loop& loop, const Profile& profile, std::shared_ptr<const Story> story)
    : loop_(loop),
      story_(story != nullptr ? std::move(story) : std::make_shared<const Story>(profile.seed)),
      engine_(profile, *story_),
      timer_([this] { Drive(); }) {}

EngineHost::~EngineHost() { CHECK(calls_.empty()); }

void EngineHost::Pause() {
  paused_ = true;
  timer_.Stop();
}

void EngineHost::Resume() {
  paused_ = false;
  Drive();
}

void EngineHost::AbortAll() {
  for (const auto& [id, call] : calls_) {
    call->aborted_ = true;
    call->changed_.Set();
  }
}

void EngineHost::ResetPrefixCache() { engine_.ResetPrefixCache(); }

void EngineHost::Drive() {
  if (paused_) return;
  events_.clear();
  engine_.Advance(loop_.Now(), events_);
  for (const TokenEvent& event : events_) calls_.at(event.sequence)->Take(event);
  const base::TimePoint deadline = engine_.NextDeadline();
  if (deadline == base::TimePoint::max()) {
    timer_.Stop();
  } else if (!timer_.armed() || timer_.deadline() != deadline) {
    const base::TimePoint now = loop_.Now();
    loop_.Start(timer_, deadline > now ? deadline - now : base::Duration());
  }
}

}  // namespace fairway::modelsim
