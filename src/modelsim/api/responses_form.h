#pragma once
// The answers of /v1/responses, in vLLM 0.32's shapes. One choice.

#include <string>

#include "modelsim/api/answer_form.h"

namespace fairway::modelsim {

class ResponsesForm final : public AnswerForm {
 public:
  explicit ResponsesForm(const AnswerHead& head);

  void AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                   std::string& out) const override;
  void AppendOpening(std::string& out) override;
  void AppendToken(const TokenPiece& piece, std::string& out) override;
  void AppendLast(const TokenPiece& piece, const FinishedChoice& choice, std::string& out) override;
  void AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                     std::string& out) override;
  void AppendFailure(const ApiError& error, std::string& out) override;

 private:
  // An event: {<members>,"sequence_number":n<more>,"type":type}.
  void AppendNext(std::string_view type, std::string_view members, std::string& out,
                  std::string_view more = {});
  // The response object; in progress without a choice.
  std::string Response(const FinishedChoice* choice, const Usage* usage) const;
  std::string Item(const FinishedChoice* choice) const;
  // "item_id":...,"output_index":0 with more members around, in the recorded order.
  std::string Place(std::string_view before, std::string_view after) const;

  const AnswerHead head_;
  std::string message_id_;
  int sequence_number_ = 0;
};

}  // namespace fairway::modelsim
