#include "modelsim/api/models_json.h"

#include "json/writer.h"

namespace fairway::modelsim {

std::string ModelsJson(std::span<const ServedModels::Pointer> served, std::string_view owner,
                       uint32_t max_model_len, int64_t created) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("object", "list").Key("data").BeginArray();
  for (const ServedModels::Pointer& one : served) {
    to.BeginObject().Member("id", one->name).Member("object", "model").Member("created", created);
    to.Member("owned_by", owner).Member("root", one->name);
    if (one->adapter == 0) {
      to.Member("parent", nullptr).Member("max_model_len", max_model_len);
    } else {
      to.Member("parent", served.front()->name).Member("max_model_len", nullptr);
    }
    to.EndObject();
  }
  to.EndArray().EndObject();
  return out;
}

}  // namespace fairway::modelsim
