#pragma once
// Log probabilities for tokens that no model chose: drawn from the token and its place, so that the
// same text always has the same ones. In the shapes of vLLM.

#include <cstdint>
#include <string>
#include <string_view>

namespace fairway::modelsim {

// In (-2, 0].
double LogprobOf(std::string_view token, uint32_t position);

// Of `text`, cut into tokens, the first at `position`: {"content":[{"token","logprob","bytes",
// "top_logprobs"}]}. The chosen token is the first of its alternatives.
void AppendChatLogprobs(std::string_view text, uint32_t position, uint32_t alternatives,
                        std::string& out);
// {"text_offset","token_logprobs","tokens","top_logprobs"}
void AppendCompletionLogprobs(std::string_view text, uint32_t position, uint32_t alternatives,
                              std::string& out);

}  // namespace fairway::modelsim
