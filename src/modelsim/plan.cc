#include "modelsim/plan.h"

#include <algorithm>
#include <utility>

namespace fairway::modelsim {
namespace {

ApiError TooLong(std::string_view param, uint64_t value, uint64_t context) {
  ApiError error{.param = std::string(param)};
  error.message = "This model's maximum context length is " + std::to_string(context) +
                  " tokens, which the request exceeds. (parameter=" + error.param +
                  ", value=" + std::to_string(value) + ")";
  return error;
}

// Ends the choice where its text first has one of the strings: with the token that completes it.
void ApplyStops(const std::vector<std::string>& stops, const Story& story, PlannedChoice& choice) {
  if (stops.empty()) return;
  std::string text;
  story.Append(choice.story_start, choice.output_tokens, text);
  size_t end = text.size() + 1;
  for (const std::string& stop : stops) {
    const size_t at = text.find(stop);
    if (at == std::string::npos || at + stop.size() >= end) continue;
    end = at + stop.size();
    choice.shown_bytes = static_cast<uint32_t>(at);
    choice.stop = stop;
  }
  if (choice.stop.empty()) return;
  choice.output_tokens = static_cast<uint32_t>((end + kBytesPerToken - 1) / kBytesPerToken);
  choice.finish = FinishReason::kStop;
}

PlannedChoice Choose(const ApiRequest& request, const Prompt& prompt, uint32_t index,
                     const Profile& profile, const Story& story) {
  PlannedChoice choice;
  // The same prompt gets the same answers, on every server with the same seed.
  const uint64_t parent = prompt.block_hashes.empty() ? prompt.root : prompt.block_hashes.back();
  choice.story_start = BlockHash(parent + prompt.tokens, prompt.tail);
  if (request.seed) choice.story_start ^= BlockHash(static_cast<uint64_t>(*request.seed), "seed");
  if (index > 0) choice.story_start = BlockHash(choice.story_start + index, {});
  const uint32_t room = profile.ContextTokens() - prompt.tokens;
  const uint64_t spread = profile.output_tokens_max - profile.output_tokens_min + uint64_t{1};
  const auto drawn =
      static_cast<uint32_t>(profile.output_tokens_min + choice.story_start / 7 % spread);
  if (request.max_tokens) {
    choice.output_tokens = *request.max_tokens;
  } else if (request.ignore_eos || drawn > room) {
    choice.output_tokens = room;
  } else {
    choice.output_tokens = drawn;
    choice.finish = FinishReason::kStop;
  }
  choice.shown_bytes = choice.output_tokens * static_cast<uint32_t>(kBytesPerToken);
  ApplyStops(request.stop, story, choice);
  return choice;
}

}  // namespace

std::optional<ApiError> MeasurePrompt(uint32_t tokens, const Profile& profile) {
  const uint32_t context = profile.ContextTokens();
  if (tokens >= context) return TooLong("input_tokens", tokens, context);
  return std::nullopt;
}

std::optional<ApiError> MakePlan(const ApiRequest& request, const Served& served,
                                 const Profile& profile, const Story& story, Plan& into) {
  const bool hashed = profile.enable_prefix_caching;
  if (request.priority != 0 && profile.scheduling_policy == SchedulingPolicy::kFcfs) {
    return ApiError{.message = "Got priority " + std::to_string(request.priority) +
                               " but Priority scheduling is not enabled."};
  }
  into.prompts = 1 + static_cast<uint32_t>(request.more_prompts.size());
  for (uint32_t i = 0; i < into.prompts; ++i) {
    const std::string& text = i == 0 ? request.prompt : request.more_prompts[i - 1];
    Prompt prompt = hashed ? HashPrompt(text, profile.block_size, served.hash_root)
                           : CountPrompt(i == 0 ? request.prompt_bytes : text.size());
    prompt.root = served.hash_root;
    if (auto error = MeasurePrompt(prompt.tokens, profile)) return error;
    const uint32_t context = profile.ContextTokens();
    if (request.max_tokens && *request.max_tokens > context - prompt.tokens) {
      return TooLong("max_tokens", *request.max_tokens, context);
    }
    into.prompt_tokens += prompt.tokens;
    for (uint32_t n = 0; n < request.n; ++n) {
      PlannedChoice& choice = into.choices.emplace_back(Choose(request, prompt, n, profile, story));
      Submission& submission = into.submissions.emplace_back();
      submission.prompt = n + 1 == request.n ? std::move(prompt) : prompt;
      submission.output_tokens = choice.output_tokens;
      submission.finish = choice.finish;
      submission.story_start = choice.story_start;
      submission.adapter = served.adapter;
      submission.priority = request.priority;
    }
  }
  return std::nullopt;
}

}  // namespace fairway::modelsim
