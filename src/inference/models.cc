#include "inference/models.h"

#include <utility>

#include "json/reader.h"
#include "json/writer.h"

namespace fairway::inference {

base::Result<std::vector<ServedModel>> ParseModels(std::string_view page) {
  json::Reader reader;
  const base::Result<json::Value> root = reader.Read(page);
  if (!root.ok()) return root.status().Within("the model list");
  const json::Value data = (*root)["data"];
  if (data.kind() != json::Kind::kArray) {
    return base::Status(base::Code::kInvalid, "the model list has no \"data\" array");
  }
  std::vector<ServedModel> models;
  for (const json::Value& entry : data.Elements()) {
    if (models.size() == kMaxServedModels) {
      return base::Status(base::Code::kExhausted, "the model list names more than 4096 models");
    }
    std::optional<std::string> id = entry["id"].String();
    if (!id || id->empty()) {
      return base::Status(base::Code::kInvalid, "the model list has an entry without an \"id\"");
    }
    ServedModel& model = models.emplace_back();
    model.id = *std::move(id);
    model.parent = entry["parent"].String().value_or("");
    model.root = entry["root"].String().value_or("");
    if (const auto length = entry["max_model_len"].Int(); length && *length > 0) {
      model.max_model_len = static_cast<uint64_t>(*length);
    }
  }
  return models;
}

namespace {

void WriteEntry(const ServedModel& model, int64_t created, json::Writer& to) {
  const auto told = [](const std::string& s) {
    return s.empty() ? std::nullopt : std::optional<std::string_view>(s);
  };
  to.BeginObject()
      .Member("id", model.id)
      .Member("object", "model")
      .Member("created", created)
      .Member("owned_by", "fairway");
  to.Member("root", told(model.root)).Member("parent", told(model.parent));
  to.Member("max_model_len", model.max_model_len).EndObject();
}

}  // namespace

std::string WriteModels(std::span<const ServedModel> models, int64_t created) {
  std::string page;
  json::Writer to(page);
  to.BeginObject().Member("object", "list").Key("data").BeginArray();
  for (const ServedModel& model : models) WriteEntry(model, created, to);
  to.EndArray().EndObject();
  return page;
}

std::string WriteModel(const ServedModel& model, int64_t created) {
  std::string page;
  json::Writer to(page);
  WriteEntry(model, created, to);
  return page;
}

}  // namespace fairway::inference
