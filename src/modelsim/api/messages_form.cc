#include "modelsim/api/messages_form.h"

#include "json/writer.h"
#include "modelsim/api/frame.h"

namespace fairway::modelsim {
namespace {

std::string_view StopReason(const FinishedChoice& choice) {
  if (!choice.stop.empty()) return "stop_sequence";
  return choice.finish == FinishReason::kStop ? "end_turn" : "max_tokens";
}

void WriteUsage(const Usage& usage, json::Writer& to) {
  to.Key("usage").BeginObject().Member("input_tokens", usage.prompt_tokens);
  to.Member("output_tokens", usage.completion_tokens).Member("cache_creation_input_tokens", 0);
  to.Member("cache_read_input_tokens", usage.cached_tokens).EndObject();
}

}  // namespace

void MessagesForm::AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                               std::string& out) const {
  const FinishedChoice& choice = choices.front();
  json::Writer to(out);
  to.BeginObject().Member("id", head_.id).Member("type", "message").Member("role", "assistant");
  to.Key("content").BeginArray().BeginObject().Member("type", "text").Member("text", choice.text);
  to.EndObject().EndArray().Key("model").Raw(head_.model_json);
  to.Member("stop_reason", StopReason(choice));
  if (!choice.stop.empty()) to.Member("stop_sequence", choice.stop);
  WriteUsage(usage, to);
  to.EndObject();
}

void MessagesForm::AppendOpening(std::string& out) {
  std::string start;
  json::Writer to(start);
  to.BeginObject().Member("type", "message_start").Key("message").BeginObject();
  to.Member("id", head_.id).Member("type", "message").Member("role", "assistant");
  to.Key("content").Raw("[]").Key("model").Raw(head_.model_json);
  to.Member("stop_reason", nullptr).Member("stop_sequence", nullptr).Key("usage").BeginObject();
  to.Member("input_tokens", head_.prompt_tokens).Member("output_tokens", 0);
  to.EndObject().EndObject().EndObject();
  AppendEvent(head_.framing, "message_start", start, out);
  AppendEvent(
      head_.framing, "content_block_start",
      R"({"type":"content_block_start","content_block":{"type":"text","text":""},"index":0})", out);
}

void MessagesForm::AppendToken(const TokenPiece& piece, std::string& out) {
  std::string delta = R"({"type":"content_block_delta","delta":{"type":"text_delta","text":")";
  delta.append(piece.text).append("\"},\"index\":0}");
  AppendEvent(head_.framing, "content_block_delta", delta, out);
}

void MessagesForm::AppendLast(const TokenPiece& piece, const FinishedChoice&, std::string& out) {
  if (!piece.text.empty()) AppendToken(piece, out);
  AppendEvent(head_.framing, "content_block_stop", R"({"type":"content_block_stop","index":0})",
              out);
}

void MessagesForm::AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                                 std::string& out) {
  const FinishedChoice& choice = choices.front();
  std::string delta;
  json::Writer to(delta);
  to.BeginObject().Member("type", "message_delta").Key("delta").BeginObject();
  to.Member("stop_reason", StopReason(choice)).Key("stop_sequence");
  choice.stop.empty() ? to.Value(nullptr) : to.Value(choice.stop);
  to.EndObject();
  WriteUsage(usage, to);
  to.EndObject();
  AppendEvent(head_.framing, "message_delta", delta, out);
  AppendEvent(head_.framing, "message_stop", R"({"type":"message_stop"})", out);
  AppendBodyEnd(head_.framing, out);
}

void MessagesForm::AppendFailure(const ApiError& error, std::string& out) {
  AppendEvent(head_.framing, "error", ErrorJson(error, ErrorShape::kAnthropic), out);
  AppendBodyEnd(head_.framing, out);
}

}  // namespace fairway::modelsim
