#pragma once
// The answers of /v1/messages (Anthropic's API), in vLLM 0.32's shapes. One choice.

#include <string>

#include "modelsim/api/answer_form.h"

namespace fairway::modelsim {

class MessagesForm final : public AnswerForm {
 public:
  explicit MessagesForm(const AnswerHead& head) : head_(head) {}

  void AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                   std::string& out) const override;
  void AppendOpening(std::string& out) override;
  void AppendToken(const TokenPiece& piece, std::string& out) override;
  void AppendLast(const TokenPiece& piece, const FinishedChoice& choice, std::string& out) override;
  void AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                     std::string& out) override;
  void AppendFailure(const ApiError& error, std::string& out) override;

 private:
  const AnswerHead head_;
};

}  // namespace fairway::modelsim
