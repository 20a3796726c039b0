#pragma once
// The error answer that OpenAI clients understand: {"error":{"message","type","param","code"}}.

#include <string>
#include <string_view>

namespace fairway::http {

struct ErrorBody {
  int status = 500;
  std::string_view message;
  std::string_view type =
      {};  // empty: from the status ("invalid_request_error", "rate_limit_error", ...)
  std::string_view code = {};   // "model_not_found"; empty: null
  std::string_view param = {};  // the request's field at fault; empty: null
};

// Appends the JSON. Bytes that JSON cannot hold are escaped, or replaced if they are not UTF-8.
void AppendErrorBody(const ErrorBody& error, std::string& out);

}  // namespace fairway::http
