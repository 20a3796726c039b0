#include "inference/body.h"

#include "inference/multipart.h"

namespace fairway::inference {
namespace {

// "application/json", "application/vnd.x+json; charset=utf-8". As FastAPI has it, near enough: what
// it takes for JSON contains the word.
bool SaysJson(std::string_view content_type) {
  constexpr std::string_view kJson = "json";
  content_type = content_type.substr(0, content_type.find(';'));
  for (size_t at = 0; at + kJson.size() <= content_type.size(); ++at) {
    size_t same = 0;
    while (same < kJson.size() && (content_type[at + same] | 0x20) == kJson[same]) ++same;
    if (same == kJson.size()) return true;
  }
  return false;
}

}  // namespace

base::Result<ParsedRequest> ParseBody(Parser& parser, const BodyKind& kind, std::string_view body) {
  if (IsMultipart(kind.content_type)) return ParseMultipart(kind.api, kind.content_type, body);
  if (kind.api == Api::kNone && (body.empty() || !SaysJson(kind.content_type)))
    return ParsedRequest{.api = kind.api};
  return parser.Parse(kind.api, body);
}

}  // namespace fairway::inference
