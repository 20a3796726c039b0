#include "inference/model_rewrite.h"

#include "json/text.h"

namespace fairway::inference {

ModelSplice SpliceFor(std::string_view to, ModelForm form, ByteRange range) {
  ModelSplice splice{.range = range, .name = {}};
  if (form == ModelForm::kJson) {
    json::AppendQuoted(to, splice.name);
  } else {
    splice.name = to;
  }
  return splice;
}

}  // namespace fairway::inference
