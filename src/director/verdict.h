#pragma once
// Whether a model server's answer is an answer, or a server telling us to go elsewhere. Only asked
// while no body byte went to the client. Texts are vLLM's own, from recorded answers of 0.32.

#include <cstdint>
#include <string_view>

#include "inference/usage.h"

namespace fairway::director {

enum class Verdict : uint8_t {
  kAnswer,   // forward it
  kRefused,  // the server cannot take or finish this request; another one may
};

// `body` is what came so far of the body, `facts` what was read out of it.
Verdict Judge(int status, std::string_view body, const inference::AnswerFacts& facts);

}  // namespace fairway::director
