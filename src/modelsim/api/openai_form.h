#pragma once
// The answers of /v1/chat/completions and /v1/completions, in vLLM 0.32's shapes. A token of a
// stream is four bytes changed in a frame that is built once.

#include <string>
#include <vector>

#include "modelsim/api/answer_form.h"

namespace fairway::modelsim {

class OpenAiForm final : public AnswerForm {
 public:
  OpenAiForm(const AnswerHead& head, StreamUsage usage);

  void AppendWhole(std::span<const FinishedChoice> choices, const Usage& usage,
                   std::string& out) const override;
  void AppendOpening(std::string& out) override;
  void AppendToken(const TokenPiece& piece, std::string& out) override;
  void AppendLast(const TokenPiece& piece, const FinishedChoice& choice, std::string& out) override;
  void AppendClosing(std::span<const FinishedChoice> choices, const Usage& usage,
                     std::string& out) override;
  void AppendFailure(const ApiError& error, std::string& out) override;

 private:
  // A chunk of a whole token of one choice, to be patched.
  struct Frame {
    std::string bytes;
    size_t token_at = 0;
  };

  bool chat() const { return head_.api == Api::kChat; }
  void AppendChoice(const FinishedChoice& choice, std::string& out) const;
  void AppendLogprobs(std::string_view text, uint32_t position, std::string& out) const;
  // An event's choice up to its text, and from after its text.
  void AppendDelta(uint32_t choice, std::string& out) const;
  void AppendTail(const TokenPiece& piece, const FinishedChoice* finished, std::string& out) const;

  const AnswerHead head_;
  const StreamUsage usage_;
  std::string common_;         // an event up to its choices
  std::vector<Frame> frames_;  // by choice; none with logprobs
};

}  // namespace fairway::modelsim
