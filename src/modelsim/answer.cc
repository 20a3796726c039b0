#include "modelsim/answer.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "json/writer.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kFingerprint = "\"system_fingerprint\":\"fairway-sim\"";

void AppendNumber(int64_t number, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

std::string_view FinishName(FinishReason finish) {
  return finish == FinishReason::kStop ? "\"stop\"" : "\"length\"";
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

// One event as one HTTP chunk.
void AppendFrame(std::string_view event, std::string& out) {
  constexpr std::string_view kData = "data: ";
  constexpr std::string_view kEnd = "\n\n";
  std::array<char, 16> digits;
  const size_t size = kData.size() + event.size() + kEnd.size();
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end).append("\r\n");
  out.append(kData).append(event).append(kEnd).append("\r\n");
}

std::string_view TokenTail(Api api) {
  return api == Api::kChat ? "},\"logprobs\":null,\"finish_reason\":null,\"token_ids\":null}]}"
                           : ",\"logprobs\":null,\"finish_reason\":null,\"stop_reason\":null,"
                             "\"prompt_token_ids\":null,\"token_ids\":null}]}";
}

}  // namespace

std::string AnswerId(Api api, std::string_view request_id) {
  std::string id = api == Api::kChat ? "chatcmpl-" : "cmpl-";
  for (const char c : request_id) {
    const bool plain = c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    id += plain ? c : '_';
  }
  return id;
}

void AppendUnaryAnswer(const AnswerHead& head, std::string_view text, FinishReason finish,
                       const Usage& usage, std::string& out) {
  const bool chat = head.api == Api::kChat;
  AppendHead(head, chat ? "chat.completion" : "text_completion", out);
  out.append(",\"choices\":[{\"index\":0,");
  out.append(chat ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"text\":\"");
  out.append(text);
  if (chat) {
    out.append(
        "\",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null,"
        "\"reasoning\":null}");
  } else {
    out.append("\"");
  }
  out.append(",\"logprobs\":null,\"finish_reason\":").append(FinishName(finish));
  out.append(",\"stop_reason\":null,\"token_ids\":null,");
  if (!chat) out.append("\"prompt_logprobs\":null,\"prompt_token_ids\":null,");
  out.append("\"routed_experts\":null}],\"service_tier\":null,").append(kFingerprint);
  out.append(",\"usage\":");
  AppendCounts(usage, out);
  out.append(chat ? ",\"created_cache_tokens\":0" : ",\"created_cache_tokens\":null");
  out.append(",\"multimodal_tokens\":null},\"completion_tokens_details\":null},");
  if (chat) {
    out.append("\"prompt_logprobs\":null,\"prompt_token_ids\":null,\"prompt_text\":null,");
  }
  out.append("\"kv_transfer_params\":null,\"ec_transfer_params\":null,\"metrics\":null}");
}

StreamFrames::StreamFrames(const AnswerHead& head) : api_(head.api) {
  const bool chat = api_ == Api::kChat;
  AppendHead(head, chat ? "chat.completion.chunk" : "text_completion", common_);
  common_.append(",\"choices\":[");
  std::string event = common_;
  event.append(chat ? "{\"index\":0,\"delta\":{\"content\":\"" : "{\"index\":0,\"text\":\"");
  const size_t token_at = event.size();
  event.append(kBytesPerToken, ' ').append("\"").append(TokenTail(api_));
  AppendFrame(event, frame_);
  token_at_ = frame_.find("data: ") + std::string_view("data: ").size() + token_at;
}

void StreamFrames::AppendOpening(std::string& out) const {
  if (api_ != Api::kChat) return;
  AppendFrame(common_ +
                  "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                  "\"logprobs\":null,\"finish_reason\":null}],"
                  "\"prompt_token_ids\":null,\"prompt_text\":null}",
              out);
}

void StreamFrames::AppendToken(std::string_view token, std::string& out) const {
  DCHECK(token.size() == kBytesPerToken);
  const size_t at = out.size();
  out.append(frame_);
  token.copy(out.data() + at + token_at_, kBytesPerToken);
}

void StreamFrames::AppendLastToken(std::string_view token, FinishReason finish,
                                   std::string& out) const {
  std::string event = common_;
  if (api_ == Api::kChat) {
    event.append("{\"index\":0,\"delta\":{\"content\":\"").append(token);
    event.append("\"},\"logprobs\":null,\"finish_reason\":").append(FinishName(finish));
    event.append(",\"stop_reason\":null,\"token_ids\":null}]}");
  } else {
    event.append("{\"index\":0,\"text\":\"").append(token);
    event.append("\",\"logprobs\":null,\"finish_reason\":").append(FinishName(finish));
    event.append(",\"stop_reason\":null,\"prompt_token_ids\":null,\"token_ids\":null}]}");
  }
  AppendFrame(event, out);
}

void StreamFrames::AppendUsage(const Usage& usage, std::string& out) const {
  std::string event = common_ + "],\"usage\":";
  AppendCounts(usage, event);
  if (api_ == Api::kChat) event.append(",\"created_cache_tokens\":0");
  event.append("}},").append(kFingerprint).append("}");
  AppendFrame(event, out);
}

void StreamFrames::AppendError(const ApiError& error, std::string& out) {
  AppendFrame(ErrorJson(error), out);
}

void StreamFrames::AppendDone(std::string& out) {
  AppendFrame("[DONE]", out);
  out.append("0\r\n\r\n");
}

std::string ModelsJson(std::span<const ServedModels::Pointer> served, uint32_t max_model_len,
                       int64_t created) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("object", "list").Key("data").BeginArray();
  for (const ServedModels::Pointer& one : served) {
    to.BeginObject().Member("id", one->name).Member("object", "model").Member("created", created);
    to.Member("owned_by", "fairway-sim").Member("root", one->name);
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
