#pragma once
// The pages of SGLang, trtllm-serve and Triton with TensorRT-LLM.

#include <string>

#include "modelsim/metrics/metrics_page.h"

namespace fairway::modelsim {

void AppendSglangPage(const MetricsInput& input, std::string& out);
void AppendTrtllmPage(const MetricsInput& input, std::string& out);
void AppendTritonPage(const MetricsInput& input, std::string& out);

}  // namespace fairway::modelsim
