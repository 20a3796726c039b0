#pragma once
// What a request for text will get: how many answers, how long each is and what it says. Decided
// before the engine sees it, which then only decides when.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modelsim/api/request.h"
#include "modelsim/engine/engine.h"
#include "modelsim/served.h"

namespace fairway::modelsim {

struct PlannedChoice {
  uint32_t output_tokens = 0;
  uint32_t shown_bytes = 0;  // of the text; fewer than the tokens have if a stop string cuts it
  uint64_t story_start = 0;
  FinishReason finish = FinishReason::kLength;
  std::string stop;  // which stop string ends it
};

struct Plan {
  std::vector<PlannedChoice> choices;   // of the first prompt, then of the second, ...
  std::vector<Submission> submissions;  // one a choice
  uint32_t prompts = 1;
  uint32_t prompt_tokens = 0;  // of all prompts
};

// An error if the request does not fit the model's context.
std::optional<ApiError> MakePlan(const ApiRequest& request, const Served& served,
                                 const Profile& profile, const Story& story, Plan& into);

// The tokens of a prompt that is not to be answered with text. An error if it does not fit.
std::optional<ApiError> MeasurePrompt(uint32_t tokens, const Profile& profile);

}  // namespace fairway::modelsim
