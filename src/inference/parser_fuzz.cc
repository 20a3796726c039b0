// Any bytes as a request body: never a crash, every view within the body, and the one-pass scan
// agrees with the tree reader on what is JSON and on the members that routing depends on.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "inference/parser.h"
#include "json/reader.h"

namespace fairway::inference {
namespace {

bool Within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void Check(Parser& parser, Api api, std::string_view body) {
  json::Reader reader;
  const base::Result<json::Value> root = reader.Read(body);
  const base::Result<ParsedRequest> request = parser.Parse(api, body);
  if (!request.ok()) {
    // Either it is no JSON object, or a parameter is named.
    CHECK(!root.ok() || root->kind() != json::Kind::kObject || !parser.error_param().empty());
    return;
  }
  CHECK(root.ok());
  const json::Value model = (*root)["model"];
  CHECK(request->has_model == (model.kind() == json::Kind::kString));
  CHECK(request->model == model.String().value_or(""));
  if (request->has_model) {
    CHECK(body.substr(request->model_range.offset, request->model_range.size) == model.Raw());
  }
  if (api != Api::kNone) CHECK(request->stream == (*root)["stream"].Bool().value_or(false));
  uint64_t bytes = 0;
  for (const PromptPiece& piece : request->prompt) {
    CHECK(Within(piece.raw, body));
    bytes += piece.raw.size();
  }
  CHECK(bytes <= request->prompt_bytes);
  CHECK(bytes == request->prompt_bytes || request->prompt.size() >= PromptReader::kMaxPieces);
}

}  // namespace
}  // namespace fairway::inference

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fairway::inference::Parser parser;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  using fairway::inference::Api;
  for (int api = 0; api <= static_cast<int>(Api::kImages); ++api)
    fairway::inference::Check(parser, static_cast<Api>(api), body);
  return 0;
}
