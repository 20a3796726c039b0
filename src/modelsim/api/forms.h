#pragma once
// The form of answers of each API.

#include <memory>
#include <string>
#include <string_view>

#include "modelsim/api/answer_form.h"

namespace fairway::modelsim {

std::unique_ptr<AnswerForm> MakeAnswerForm(const AnswerHead& head, StreamUsage usage);

// "chatcmpl-<request id>" and the like; bytes that JSON would have to escape become '_'.
std::string AnswerId(Api api, std::string_view request_id);

}  // namespace fairway::modelsim
