// The bodies of /v1/responses and /v1/messages: conversations as lists of items.

#include <limits>
#include <utility>

#include "modelsim/api/request.h"

namespace fairway::modelsim {
namespace {

using json::Kind;
using json::Value;

// A text, or a list of parts of which the texts count; of others (images) their JSON stands for
// what they are.
void AppendContent(const Value& content, std::string& prompt) {
  if (auto text = content.String()) {
    prompt += *text;
    return;
  }
  for (const Value& part : content.Elements()) {
    const auto text = part["text"].String();
    prompt += text ? *text : std::string(part.Raw());
  }
}

std::optional<ApiError> ReadMaxTokens(const Value& value, std::string_view name, ApiRequest& into) {
  if (!value || value.kind() == Kind::kNull) return std::nullopt;
  const std::optional<int64_t> number = value.Int();
  if (!number) {
    std::string where = "body.";
    where += name;
    return InvalidBody("int_parsing", where, "Input should be a valid integer", value.Raw());
  }
  if (*number < 1) return OutOfRange(name, "at least 1", value.Raw());
  if (*number > std::numeric_limits<int32_t>::max()) {
    return OutOfRange(name, "at most 2147483647", value.Raw());
  }
  into.max_tokens = static_cast<uint32_t>(*number);
  return std::nullopt;
}

void ReadCommon(const Value& root, ApiRequest& into) {
  into.model = root["model"].String().value_or("");
  into.stream = root["stream"].Bool().value_or(false);
  into.ignore_eos = root["ignore_eos"].Bool().value_or(false);
  into.seed = root["seed"].Int();
}

void AppendItem(const Value& item, std::string& prompt) {
  AppendRole(item["role"].String().value_or("user"), prompt);
  // What is no message (a tool's output) is its JSON.
  item["content"] ? AppendContent(item["content"], prompt) : void(prompt += item.Raw());
}

}  // namespace

std::optional<ApiError> ReadResponses(const Value& root, ApiRequest& into) {
  ReadCommon(root, into);
  into.store = root["store"].Bool().value_or(true);
  into.previous_response_id = root["previous_response_id"].String().value_or("");
  if (auto error = ReadMaxTokens(root["max_output_tokens"], "max_output_tokens", into))
    return error;
  const Value input = root["input"];
  if (!input) return MissingField("body.input", root.Members().size());
  if (const auto instructions = root["instructions"].String()) {
    AppendRole("system", into.prompt);
    into.prompt += *instructions;
  }
  if (const auto text = input.String()) {
    AppendRole("user", into.prompt);
    into.prompt += *text;
  } else if (input.kind() == Kind::kArray) {
    for (const Value& item : input.Elements()) AppendItem(item, into.prompt);
  } else {
    return InvalidBody("string_type", "body.input", "Input should be a valid string", input.Raw());
  }
  AppendTurn(into.prompt);
  return std::nullopt;
}

std::optional<ApiError> ReadMessages(const Value& root, ApiRequest& into) {
  ReadCommon(root, into);
  const Value messages = root["messages"];
  if (messages.kind() != Kind::kArray) return MissingField("body.messages", root.Members().size());
  if (auto error = ReadMaxTokens(root["max_tokens"], "max_tokens", into)) return error;
  for (const Value& stop : root["stop_sequences"].Elements()) {
    std::string text = stop.String().value_or("");
    if (text.empty() || into.stop.size() == ApiRequest::kMaxStops) {
      return ApiError{.message = "stop_sequences must be at most 16 texts, none of them empty."};
    }
    into.stop.push_back(std::move(text));
  }
  if (root["system"]) {
    AppendRole("system", into.prompt);
    AppendContent(root["system"], into.prompt);
  }
  const std::vector<Value> all = messages.Elements();
  if (all.empty()) return ApiError{.message = "messages: at least one message is required"};
  for (const Value& message : all) AppendItem(message, into.prompt);
  // Words put into the model's mouth are continued.
  if (all.back()["role"].String() != "assistant") AppendTurn(into.prompt);
  return std::nullopt;
}

}  // namespace fairway::modelsim
