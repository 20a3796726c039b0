#include "modelsim/side_apis.h"

#include <cstring>

#include "json/reader.h"
#include "json/writer.h"
#include "modelsim/plan.h"

namespace fairway::modelsim {
namespace {

SideAnswer Refused(const ServerCore& core, const ApiError& error) {
  return {.status = error.status, .body = ErrorJson(error, core.error_shape())};
}

ApiError NotFound(std::string message) {
  return {.status = 404, .type = "NotFoundError", .message = std::move(message)};
}

std::string Quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

// The text that a body asks about: its prompt, or its messages as a chat would have them.
std::optional<ApiError> ReadText(ServerCore& core, std::string_view body, std::string& text) {
  ApiRequest& request = core.scratch;
  request.Reset();
  const bool chat = body.find("\"messages\"") != std::string_view::npos;
  const Api api = chat ? Api::kChat : Api::kCompletions;
  if (auto error = core.reader.Read(api, PromptText::kKept, body, request)) return error;
  if (core.served.Find(request.model) == nullptr) {
    return UnknownModel(request.model, core.options.model);
  }
  text = request.prompt;
  return std::nullopt;
}

// The name that a body about an adapter gives; an error if it has none.
std::optional<ApiError> ReadName(const base::Result<json::Value>& root, std::string& name) {
  if (!root.ok()) {
    return InvalidBody("json_invalid", "body.0", "JSON decode error", root.status().message());
  }
  name = (*root)["lora_name"].String().value_or("");
  if (name.empty()) return MissingField("body.lora_name", root->Members().size());
  return std::nullopt;
}

}  // namespace

SideAnswer Tokenize(ServerCore& core, std::string_view body) {
  std::string text;
  if (const auto error = ReadText(core, body, text)) return Refused(core, *error);
  const bool strings = body.find("\"return_token_strs\"") != std::string_view::npos;
  SideAnswer answer;
  json::Writer to(answer.body);
  const size_t count = text.empty() ? 0 : CountPrompt(text.size()).tokens;
  to.BeginObject().Member("count", count).Member("max_model_len", core.profile().ContextTokens());
  to.Key("tokens").BeginArray();
  for (size_t at = 0; at < text.size(); at += kBytesPerToken) {
    uint32_t id = 0;
    std::memcpy(&id, text.data() + at, std::min(kBytesPerToken, text.size() - at));
    to.Value(id);
  }
  to.EndArray().Key("token_strs");
  if (strings) {
    to.BeginArray();
    for (size_t at = 0; at < text.size(); at += kBytesPerToken) {
      to.Value(std::string_view(text).substr(at, kBytesPerToken));
    }
    to.EndArray();
  } else {
    to.Value(nullptr);
  }
  to.EndObject();
  return answer;
}

SideAnswer Detokenize(ServerCore& core, std::string_view body) {
  json::Reader reader;
  const base::Result<json::Value> root = reader.Read(body);
  if (!root.ok() || (*root)["tokens"].kind() != json::Kind::kArray) {
    return Refused(core, MissingField("body.tokens", root.ok() ? root->Members().size() : 0));
  }
  std::string text;
  for (const json::Value& token : (*root)["tokens"].Elements()) {
    const auto id = static_cast<uint32_t>(token.Int().value_or(0));
    text.append(reinterpret_cast<const char*>(&id), sizeof id);
  }
  while (text.ends_with('\0')) text.pop_back();  // of a last token that was not whole
  SideAnswer answer;
  json::Writer(answer.body).BeginObject().Member("prompt", text).EndObject();
  return answer;
}

SideAnswer CountTokens(ServerCore& core, std::string_view body) {
  ApiRequest& request = core.scratch;
  request.Reset();
  if (auto error = core.reader.Read(Api::kMessages, PromptText::kKept, body, request)) {
    return {.status = error->status, .body = ErrorJson(*error, ErrorShape::kAnthropic)};
  }
  SideAnswer answer;
  json::Writer to(answer.body);
  to.BeginObject().Member("input_tokens", CountPrompt(request.prompt.size()).tokens).EndObject();
  return answer;
}

SideAnswer LoadAdapter(ServerCore& core, std::string_view body) {
  json::Reader reader;
  const base::Result<json::Value> root = reader.Read(body);
  std::string name;
  if (const auto error = ReadName(root, name)) return Refused(core, *error);
  const std::optional<std::string> path = (*root)["lora_path"].String();
  if (!path) return Refused(core, MissingField("body.lora_path", root->Members().size()));
  if (core.profile().max_loras == 0) {
    return Refused(core, {.type = "BadRequestError",
                          .message = "LoRA is not enabled: this server has no slot for adapters."});
  }
  if (path->starts_with("/nonexistent")) {
    return Refused(core,
                   NotFound("Loading lora " + name + " failed: No adapter found for " + *path));
  }
  if (!core.served.Load(name)) {
    return Refused(core, {.type = "InvalidUserInput",
                          .message = "The lora adapter " + Quoted(name) +
                                     " has already been loaded. If you want to load the adapter "
                                     "in place, set 'load_inplace' to True."});
  }
  return {.body = "Success: LoRA adapter " + Quoted(name) + " added successfully.",
          .content_type = "text/plain; charset=utf-8"};
}

SideAnswer UnloadAdapter(ServerCore& core, std::string_view body) {
  json::Reader reader;
  const base::Result<json::Value> root = reader.Read(body);
  std::string name;
  if (const auto error = ReadName(root, name)) return Refused(core, *error);
  const ServedModels::Pointer gone = core.served.Unload(name);
  if (gone == nullptr) {
    return Refused(core, NotFound("The lora adapter " + Quoted(name) + " cannot be found."));
  }
  core.host.ForgetAdapter(gone->adapter);
  return {.body = "Success: LoRA adapter " + Quoted(name) + " removed successfully.",
          .content_type = "text/plain; charset=utf-8"};
}

}  // namespace fairway::modelsim
