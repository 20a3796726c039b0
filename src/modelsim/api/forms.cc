#include "modelsim/api/forms.h"

#include "modelsim/api/messages_form.h"
#include "modelsim/api/openai_form.h"
#include "modelsim/api/responses_form.h"

namespace fairway::modelsim {

std::unique_ptr<AnswerForm> MakeAnswerForm(const AnswerHead& head, StreamUsage usage) {
  switch (head.api) {
    case Api::kChat:
    case Api::kCompletions:
      return std::make_unique<OpenAiForm>(head, usage);
    case Api::kResponses:
      return std::make_unique<ResponsesForm>(head);
    case Api::kMessages:
      return std::make_unique<MessagesForm>(head);
  }
  return nullptr;
}

std::string AnswerId(Api api, std::string_view request_id) {
  std::string id = "chatcmpl-";  // of messages too
  if (api == Api::kCompletions) id = "cmpl-";
  if (api == Api::kResponses) id = "resp_";
  for (const char c : request_id) {
    const bool plain = c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    id += plain ? c : '_';
  }
  return id;
}

}  // namespace fairway::modelsim
