#include "modelsim/api/openai_form.h"

#include "json/text.h"
#include "modelsim/api/frame.h"
#include "modelsim/api/logprobs.h"
#include "modelsim/engine/story.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kFingerprint = "\"system_fingerprint\":\"fairway-sim\"";

std::string_view FinishName(FinishReason finish) {
  switch (finish) {
    case FinishReason::kStop:
      return "\"stop\"";
    case FinishReason::kLength:
      return "\"length\"";
    case FinishReason::kAbort:
      return "\"abort\"";
  }
  return "null";
}

void AppendHead(const AnswerHead& head, std::string_view object, std::string& out) {
  out.append("{\"id\":\"").append(head.id).append("\",\"object\":\"").append(object);
  out.append("\",\"created\":");
  AppendNumber(head.created, out);
  out.append(",\"model\":").append(head.model_json);
}

void AppendCounts(const Usage& usage, std::string& out) {
  out.append("{\"prompt_tokens\":");
  AppendNumber(usage.prompt_tokens, out);
  out.append(",\"total_tokens\":");
  AppendNumber(int64_t{usage.prompt_tokens} + usage.completion_tokens, out);
  out.append(",\"completion_tokens\":");
  AppendNumber(usage.completion_tokens, out);
  out.append(",\"prompt_tokens_details\":{\"cached_tokens\":");
  AppendNumber(usage.cached_tokens, out);
}

void AppendStop(const FinishedChoice& choice, std::string& out) {
  out.append(FinishName(choice.finish)).append(",\"stop_reason\":");
  choice.stop.empty() ? void(out.append("null")) : json::AppendQuoted(choice.stop, out);
}

}  // namespace

OpenAiForm::OpenAiForm(const AnswerHead& head, StreamUsage usage) : head_(head), usage_(usage) {
  AppendHead(head_, chat() ? "chat.completion.chunk" : "text_completion", common_);
  common_.append(",\"choices\":[");
  if (head_.logprobs) return;
  for (uint32_t choice = 0; choice < head_.choices; ++choice) {
    Frame& frame = frames_.emplace_back();
    std::string event;
    AppendDelta(choice, event);
    const size_t token_at = event.size();
    event.append(kBytesPerToken, ' ');
    AppendTail({.choice = choice}, nullptr, event);
    AppendEvent(head_.framing, {}, event, frame.bytes);
    frame.token_at = frame.bytes.find("data: ") + std::string_view("data: ").size() + token_at;
  }
}

void OpenAiForm::AppendLogprobs(std::string_view text, uint32_t position, std::string& out) const {
  out.append(",\"logprobs\":");
  if (!head_.logprobs) {
    out.append("null");
  } else if (chat()) {
    AppendChatLogprobs(text, position, *head_.logprobs, out);
  } else {
    AppendCompletionLogprobs(text, position, *head_.logprobs, out);
  }
}

void OpenAiForm::AppendChoice(const FinishedChoice& choice, std::string& out) const {
  out.append("{\"index\":");
  AppendNumber(choice.index, out);
  out.append(chat() ? ",\"message\":{\"role\":\"assistant\",\"content\":\"" : ",\"text\":\"");
  out.append(choice.text);
  if (chat()) {
    out.append(
        "\",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null,"
        "\"reasoning\":null}");
  } else {
    out.append("\"");
  }
  AppendLogprobs(choice.text, 0, out);
  out.append(",\"finish_reason\":");
  AppendStop(choice, out);
  out.append(",\"token_ids\":null,");
  if (!chat()) out.append("\"prompt_logprobs\":null,\"prompt_token_ids\":null,");
  out.append("\"routed_experts\":null}");
}

void OpenAiForm::AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                             std::string& out) const {
  AppendHead(head_, chat() ? "chat.completion" : "text_completion", out);
  out.append(",\"choices\":[");
  for (const FinishedChoice& choice : choices) {
    if (&choice != choices.data()) out += ',';
    AppendChoice(choice, out);
  }
  out.append("],\"service_tier\":null,").append(kFingerprint).append(",\"usage\":");
  AppendCounts(usage, out);
  out.append(chat() ? ",\"created_cache_tokens\":0" : ",\"created_cache_tokens\":null");
  out.append(",\"multimodal_tokens\":null},\"completion_tokens_details\":null},");
  if (chat()) {
    out.append("\"prompt_logprobs\":null,\"prompt_token_ids\":null,\"prompt_text\":null,");
  }
  out.append("\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"metrics\":null}");
}

void OpenAiForm::AppendDelta(uint32_t choice, std::string& out) const {
  out.append(common_).append("{\"index\":");
  AppendNumber(choice, out);
  out.append(chat() ? ",\"delta\":{\"content\":\"" : ",\"text\":\"");
}

void OpenAiForm::AppendTail(const TokenPiece& piece, const FinishedChoice* finished,
                            std::string& out) const {
  out.append(chat() ? "\"}" : "\"");
  AppendLogprobs(piece.text, piece.position, out);
  out.append(",\"finish_reason\":");
  if (finished != nullptr) {
    AppendStop(*finished, out);
  } else {
    out.append(chat() ? "null" : "null,\"stop_reason\":null");
  }
  out.append(chat() ? ",\"token_ids\":null}]}"
                    : ",\"prompt_token_ids\":null,\"token_ids\":null}]}");
}

void OpenAiForm::AppendOpening(std::string& out) {
  if (!chat()) return;
  for (uint32_t choice = 0; choice < head_.choices; ++choice) {
    std::string event = common_ + "{\"index\":";
    AppendNumber(choice, event);
    event.append(
        ",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
        "\"logprobs\":null,\"finish_reason\":null}],"
        "\"prompt_token_ids\":null,\"prompt_text\":null}");
    AppendEvent(head_.framing, {}, event, out);
  }
}

void OpenAiForm::AppendToken(const TokenPiece& piece, std::string& out) {
  if (piece.text.size() == kBytesPerToken && !frames_.empty()) {
    const Frame& frame = frames_[piece.choice];
    const size_t at = out.size();
    out.append(frame.bytes);
    piece.text.copy(out.data() + at + frame.token_at, kBytesPerToken);
    return;
  }
  std::string event;
  AppendDelta(piece.choice, event);
  event.append(piece.text);
  AppendTail(piece, nullptr, event);
  AppendEvent(head_.framing, {}, event, out);
}

void OpenAiForm::AppendLast(const TokenPiece& piece, const FinishedChoice& choice,
                            std::string& out) {
  std::string event;
  AppendDelta(piece.choice, event);
  event.append(piece.text);
  AppendTail(piece, &choice, event);
  AppendEvent(head_.framing, {}, event, out);
}

void OpenAiForm::AppendClosing(std::span<const FinishedChoice>, const Usage& usage,
                               std::string& out) {
  if (usage_ == StreamUsage::kLast) {
    std::string event = common_ + "],\"usage\":";
    AppendCounts(usage, event);
    if (chat()) event.append(",\"created_cache_tokens\":0");
    event.append("}},").append(kFingerprint).append("}");
    AppendEvent(head_.framing, {}, event, out);
  }
  AppendEvent(head_.framing, {}, "[DONE]", out);
  AppendBodyEnd(head_.framing, out);
}

void OpenAiForm::AppendFailure(const ApiError& error, std::string& out) {
  AppendEvent(head_.framing, {}, ErrorJson(error), out);
  AppendEvent(head_.framing, {}, "[DONE]", out);
  AppendBodyEnd(head_.framing, out);
}

}  // namespace fairway::modelsim
