#pragma once
// ModelRewrite: a request for one model name that is sent to servers under another. The name is
// spliced into the bytes that the client sent: everything else of the body stays as it came,
// numbers, key order and blanks included. The way back is model_mapper.h.

#include <array>
#include <string>
#include <string_view>

#include "inference/request.h"

namespace fairway::inference {

struct ModelRewrite {
  std::string from;  // what the client asked for, and reads in the answer
  std::string to;    // what the server is asked for
  friend bool operator==(const ModelRewrite&, const ModelRewrite&) = default;
};

// The model's name within a body, to be replaced.
struct ModelSplice {
  ByteRange range;
  std::string name;  // as it stands in the body: quoted and escaped where that is JSON

  // The body's pieces, in order; views of `body` and of this.
  std::array<std::string_view, 3> Apply(std::string_view body) const {
    return {body.substr(0, range.offset), name, body.substr(range.offset + range.size)};
  }
};

// `form` and `range` are a ParsedRequest's.
ModelSplice SpliceFor(std::string_view to, ModelForm form, ByteRange range);

}  // namespace fairway::inference
