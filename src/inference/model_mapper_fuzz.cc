// Any bytes as an answer, in any pieces: what comes out does not depend on the pieces, and is the
// same bytes where the name does not occur.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "inference/model_mapper.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using fairway::inference::ModelMapper;
  if (size < 1) return 0;
  const size_t step = data[0] % 16 + 1;
  const std::string_view answer(reinterpret_cast<const char*>(data) + 1, size - 1);
  const fairway::inference::ModelRewrite rewrite{.from = "client", .to = "tiny"};
  for (const auto form : {ModelMapper::Form::kJson, ModelMapper::Form::kEventStream}) {
    ModelMapper whole(rewrite, form);
    std::string out;
    whole.Feed(answer, out);
    whole.Finish(out);
    ModelMapper mapper(rewrite, form);
    std::string pieces;
    for (size_t at = 0; at < answer.size(); at += step)
      mapper.Feed(answer.substr(at, step), pieces);
    mapper.Finish(pieces);
    CHECK(out == pieces);
    if (answer.find("model") == answer.npos && answer.find('\\') == answer.npos)
      CHECK(out == answer);
  }
  return 0;
}
