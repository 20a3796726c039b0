#include "modelsim/api/responses_form.h"

#include "json/writer.h"
#include "modelsim/api/frame.h"

namespace fairway::modelsim {
namespace {

std::string Part(std::string_view text, std::string_view logprobs) {
  std::string part = R"({"annotations":[],"text":")";
  part.append(text).append(R"(","type":"output_text","logprobs":)").append(logprobs);
  return part + "}";
}

std::string_view StatusOf(const FinishedChoice* choice) {
  if (choice == nullptr) return "in_progress";
  return choice->finish == FinishReason::kStop ? "completed" : "incomplete";
}

void WriteUsage(const Usage& usage, json::Writer& to) {
  to.BeginObject().Member("input_tokens", usage.prompt_tokens);
  to.Key("input_tokens_details").BeginObject().Member("cached_tokens", usage.cached_tokens);
  to.Member("cache_write_tokens", 0).Key("input_tokens_per_turn").Raw("[]");
  to.Key("cached_tokens_per_turn").Raw("[]").EndObject();
  to.Member("output_tokens", usage.completion_tokens);
  to.Key("output_tokens_details").BeginObject().Member("reasoning_tokens", 0);
  to.Member("tool_output_tokens", 0).Key("output_tokens_per_turn").Raw("[]");
  to.Key("tool_output_tokens_per_turn").Raw("[]").EndObject();
  to.Member("total_tokens", usage.prompt_tokens + usage.completion_tokens).EndObject();
}

}  // namespace

ResponsesForm::ResponsesForm(const AnswerHead& head) : head_(head), message_id_("msg_") {
  const size_t underscore = head_.id.find('_');
  message_id_ += underscore == std::string_view::npos ? head_.id : head_.id.substr(underscore + 1);
}

std::string ResponsesForm::Item(const FinishedChoice* choice) const {
  std::string item = "{\"id\":\"" + message_id_ + "\",\"content\":[";
  if (choice != nullptr) item += Part(choice->text, "null");
  item += "],\"role\":\"assistant\",\"status\":\"";
  item += choice != nullptr ? "completed" : "in_progress";
  return item + "\",\"type\":\"message\",\"phase\":null}";
}

std::string ResponsesForm::Response(const FinishedChoice* choice, const Usage* usage) const {
  std::string out;
  json::Writer to(out);
  const bool cut = choice != nullptr && choice->finish != FinishReason::kStop;
  to.BeginObject().Member("id", head_.id).Member("created_at", head_.created);
  to.Key("incomplete_details").Raw(cut ? R"({"reason":"max_output_tokens"})" : "null");
  to.Member("instructions", nullptr).Member("metadata", nullptr);
  to.Key("model").Raw(head_.model_json).Member("object", "response").Key("output").BeginArray();
  if (choice != nullptr) to.Raw(Item(choice));
  to.EndArray().Member("parallel_tool_calls", true).Key("temperature").Raw("1.0");
  to.Member("tool_choice", "none").Key("tools").Raw("[]").Key("top_p").Raw("1.0");
  to.Member("background", false).Member("max_output_tokens", head_.max_tokens);
  to.Member("max_tool_calls", nullptr).Key("previous_response_id");
  head_.previous_response_id.empty() ? to.Value(nullptr) : to.Value(head_.previous_response_id);
  to.Member("prompt", nullptr).Member("reasoning", nullptr).Member("service_tier", "auto");
  to.Member("status", StatusOf(choice)).Member("text", nullptr).Member("top_logprobs", nullptr);
  to.Member("truncation", "disabled").Key("usage");
  usage != nullptr ? WriteUsage(*usage, to) : void(to.Value(nullptr));
  to.Member("user", nullptr).Key("presence_penalty").Raw("0.0").Key("frequency_penalty").Raw("0.0");
  to.Member("kv_transfer_params", nullptr).Member("ec_transfer_params", nullptr);
  to.Member("input_messages", nullptr).Member("output_messages", nullptr).EndObject();
  return out;
}

void ResponsesForm::AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                                std::string& out) const {
  out += Response(choices.data(), &usage);
}

void ResponsesForm::AppendNext(std::string_view type, std::string_view members, std::string& out,
                               std::string_view more) {
  std::string data = "{";
  data.append(members).append(",\"sequence_number\":");
  AppendNumber(sequence_number_++, data);
  data.append(more).append(",\"type\":\"").append(type).append("\"}");
  AppendEvent(head_.framing, type, data, out);
}

std::string ResponsesForm::Place(std::string_view before, std::string_view after) const {
  std::string members = "\"content_index\":0,";
  members.append(before).append("\"item_id\":\"").append(message_id_).append("\",");
  return members.append(after);
}

void ResponsesForm::AppendOpening(std::string& out) {
  const std::string response = "\"response\":" + Response(nullptr, nullptr);
  AppendNext("response.created", response, out);
  AppendNext("response.in_progress", response, out);
  AppendNext("response.output_item.added", "\"item\":" + Item(nullptr) + ",\"output_index\":0",
             out);
  AppendNext("response.content_part.added",
             Place("", "\"output_index\":0,\"part\":" + Part("", "[]")), out);
}

void ResponsesForm::AppendToken(const TokenPiece& piece, std::string& out) {
  std::string delta = "\"delta\":\"";
  delta.append(piece.text).append("\",");
  AppendNext("response.output_text.delta", Place(delta, "\"logprobs\":[],\"output_index\":0"), out);
}

void ResponsesForm::AppendLast(const TokenPiece& piece, const FinishedChoice& choice,
                               std::string& out) {
  if (!piece.text.empty()) AppendToken(piece, out);
  AppendNext("response.output_text.done", Place("", "\"logprobs\":[],\"output_index\":0"), out,
             ",\"text\":\"" + std::string(choice.text) + "\"");
  AppendNext("response.content_part.done",
             Place("", "\"output_index\":0,\"part\":" + Part(choice.text, "null")), out);
  AppendNext("response.output_item.done", "\"item\":" + Item(&choice) + ",\"output_index\":0", out);
}

void ResponsesForm::AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                                  std::string& out) {
  AppendNext("response.completed", "\"response\":" + Response(choices.data(), &usage), out);
  AppendBodyEnd(head_.framing, out);
}

void ResponsesForm::AppendFailure(const ApiError& error, std::string& out) {
  AppendEvent(head_.framing, "error", ErrorJson(error), out);
  AppendBodyEnd(head_.framing, out);
}

}  // namespace fairway::modelsim
