#pragma once
// A request's body by what it is: JSON, a form, or bytes that only the engine understands.

#include <string_view>

#include "inference/parser.h"

namespace fairway::inference {

struct BodyKind {
  Api api = Api::kNone;
  std::string_view content_type;  // as the client says; empty if it does not
};

// The APIs that we know are JSON unless the client says that it sends a form. On any other path
// only what claims to be JSON or a form is read, and the rest is taken as it is, without a model.
base::Result<ParsedRequest> ParseBody(Parser& parser, const BodyKind& kind, std::string_view body);

}  // namespace fairway::inference
