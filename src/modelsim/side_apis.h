#pragma once
// What a model server does besides running its model: counting tokens, loading and unloading LoRA
// adapters. Plain functions from a body to an answer.

#include <string>
#include <string_view>

#include "modelsim/core.h"

namespace fairway::modelsim {

struct SideAnswer {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";
};

// POST /tokenize and /detokenize: four bytes of text are a token, and its id.
SideAnswer Tokenize(ServerCore& core, std::string_view body);
SideAnswer Detokenize(ServerCore& core, std::string_view body);
// POST /v1/messages/count_tokens
SideAnswer CountTokens(ServerCore& core, std::string_view body);

// POST /v1/load_lora_adapter and /v1/unload_lora_adapter. A path that begins with /nonexistent has
// no adapter in it; any other has.
SideAnswer LoadAdapter(ServerCore& core, std::string_view body);
SideAnswer UnloadAdapter(ServerCore& core, std::string_view body);

}  // namespace fairway::modelsim
