#pragma once
// The form fields of a multipart/form-data body (RFC 7578) that a gateway needs, as views of the
// bytes: uploads of audio and pictures pass as they came, whatever their size, and only their part
// headers are looked at.

#include <string_view>

#include "base/status.h"
#include "inference/request.h"

namespace fairway::inference {

// Whether a content-type says multipart/form-data.
bool IsMultipart(std::string_view content_type);

// Fills api, model, model_range (of the bare text, model_form says so), and stream. kInvalid: no
// boundary, `model` twice, no end. At most kMaxParts parts are looked at.
inline constexpr size_t kMaxParts = 1024;
base::Result<ParsedRequest> ParseMultipart(Api api, std::string_view content_type,
                                           std::string_view body);

}  // namespace fairway::inference
