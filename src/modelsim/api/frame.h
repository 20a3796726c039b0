#pragma once
// Server-sent events on the wire.

#include <string>
#include <string_view>

#include "modelsim/api/answer_form.h"

namespace fairway::modelsim {

// "data: <data>\n\n", with "event: <event>\n" before it unless that is empty; as one HTTP chunk if
// the framing is that.
void AppendEvent(Framing framing, std::string_view event, std::string_view data, std::string& out);

// The end of the body, where the framing has one.
void AppendBodyEnd(Framing framing, std::string& out);

// Decimal digits.
void AppendNumber(int64_t number, std::string& out);

}  // namespace fairway::modelsim
