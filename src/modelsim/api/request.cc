#include "modelsim/api/request.h"

#include <utility>

namespace fairway::modelsim {

void ApiRequest::Reset() {
  constexpr size_t kKeptBytes = 1 << 20;
  std::string model_memory = std::move(model);
  std::string prompt_memory = std::move(prompt);
  *this = ApiRequest();
  model = std::move(model_memory);
  model.clear();
  if (prompt_memory.capacity() > kKeptBytes) return;
  prompt = std::move(prompt_memory);
  prompt.clear();
}

void AppendRole(std::string_view role, std::string& prompt) {
  prompt.append("\1").append(role).append("\2");
}

std::optional<ApiError> ApiReader::Read(Api api, PromptText text, std::string_view body,
                                        ApiRequest& into) {
  if (body.empty()) return InvalidBody("missing", "body", "Field required", "None");
  if (api == Api::kResponses || api == Api::kMessages) {
    const base::Result<json::Value> root = reader_.Read(body);
    if (!root.ok()) {
      return InvalidBody("json_invalid", "body.0", "JSON decode error", root.status().message());
    }
    if (root->kind() != json::Kind::kObject) {
      return InvalidBody("model_attributes_type", "body", "Input should be a valid dictionary", "");
    }
    auto refused = api == Api::kResponses ? ReadResponses(*root, into) : ReadMessages(*root, into);
    into.prompt_bytes = into.prompt.size();
    return refused;
  }
  if (const base::Status scanned = index_.Scan(body); !scanned.ok()) {
    return InvalidBody("json_invalid", "body.0", "JSON decode error", scanned.message());
  }
  std::optional<ApiError> refused = ReadCompletion(index_, api, text, into);
  index_.Trim();
  return refused;
}

}  // namespace fairway::modelsim
