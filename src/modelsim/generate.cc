#include "modelsim/generate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "modelsim/api/forms.h"
#include "modelsim/plan.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kJson = "application/json";
// Tokens of one choice in one write when many are there at once.
constexpr uint32_t kTokensPerWrite = 256;

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nserver: fairway-sim\r\n"
    "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n";

// Lives in Generate's frame.
struct Call {
  explicit Call(ServerCore& of) : core(of), engine(of.host), draw(of.rng.Next()) {}

  AnswerHead Head(Framing framing) const {
    return {.api = api,
            .id = id,
            .model_json = served->json,
            .created = created,
            .framing = framing,
            .logprobs = logprobs,
            .choices = static_cast<uint32_t>(plan.choices.size()),
            .prompt_tokens = plan.prompt_tokens,
            .max_tokens = max_tokens,
            .previous_response_id = previous_response_id};
  }
  Usage UsageSoFar() const;
  // The answers as far as they are made, with their texts in `texts`.
  std::vector<FinishedChoice> Choices();

  ServerCore& core;
  EngineCall engine;
  const uint64_t draw;  // which share of the faults hits it
  ServedModels::Pointer served;
  Plan plan;
  Api api = Api::kChat;
  std::string id;
  int64_t created = 0;
  bool stream = false;
  StreamUsage usage = StreamUsage::kNo;
  bool store = false;
  std::optional<uint32_t> logprobs;
  std::optional<uint32_t> max_tokens;
  std::string previous_response_id;
  std::string conversation;  // to be stored
  std::vector<std::string> texts;
};

Usage Call::UsageSoFar() const {
  Usage usage_now{.prompt_tokens = plan.prompt_tokens};
  const size_t answers = plan.choices.size() / plan.prompts;  // to each prompt
  const auto sequences = engine.sequences();
  for (size_t i = 0; i < sequences.size(); ++i) {
    usage_now.completion_tokens += sequences[i].tokens;
    if (i % answers == 0) usage_now.cached_tokens += sequences[i].cached_tokens;
  }
  return usage_now;
}

std::vector<FinishedChoice> Call::Choices() {
  std::vector<FinishedChoice> choices;
  texts.resize(plan.choices.size());
  for (uint32_t i = 0; i < plan.choices.size(); ++i) {
    const PlannedChoice& planned = plan.choices[i];
    const EngineCall::Progress& made = engine.sequences()[i];
    texts[i].clear();
    core.host.story().Append(planned.story_start, made.tokens, texts[i]);
    if (texts[i].size() > planned.shown_bytes) texts[i].resize(planned.shown_bytes);
    FinishedChoice& choice = choices.emplace_back();
    choice.index = i;
    choice.text = texts[i];
    choice.finish = made.ended ? planned.finish : FinishReason::kAbort;
    if (made.ended) choice.stop = planned.stop;
  }
  return choices;
}

// Reads the body and puts what it asks into the engine.
std::optional<ApiError> Prepare(const http::RequestHead& head, std::string_view body, Call& call) {
  ServerCore& core = call.core;
  if (auto unwilling = Unwilling(core.life)) return unwilling;
  ApiRequest& request = core.scratch;
  request.Reset();
  const bool hashed = core.profile().enable_prefix_caching;
  const PromptText text = hashed ? PromptText::kKept : PromptText::kCounted;
  if (auto error = core.reader.Read(call.api, text, body, request)) return error;
  call.served = core.served.Find(request.model);
  if (call.served == nullptr) return UnknownModel(request.model, core.options.model);
  if (!request.previous_response_id.empty()) {
    const ResponseStore::Entry* previous = core.responses.Find(request.previous_response_id);
    if (previous == nullptr) return UnknownResponse(request.previous_response_id);
    request.prompt.insert(0, previous->conversation);
    request.prompt_bytes = request.prompt.size();
  }
  if (auto error = MakePlan(request, *call.served, core.profile(), core.host.story(), call.plan)) {
    return error;
  }
  call.stream = request.stream;
  call.usage = request.include_usage ? StreamUsage::kLast : StreamUsage::kNo;
  call.logprobs = request.logprobs;
  call.max_tokens = request.max_tokens;
  if (call.api == Api::kResponses) {
    call.store = request.store;
    call.previous_response_id = request.previous_response_id;
    if (call.store) call.conversation = request.prompt;
  }
  for (Submission& submission : call.plan.submissions) {
    if (!call.engine.Submit(std::move(submission))) return QueueFull();
  }
  call.plan.submissions.clear();
  call.created = static_cast<int64_t>(core.UnixSeconds());
  call.id = AnswerId(call.api, core.IdOf(head));
  return std::nullopt;
}

void Remember(Call& call, std::span<const FinishedChoice> choices) {
  if (!call.store) return;
  std::string json;
  MakeAnswerForm(call.Head(Framing::kBare), call.usage)
      ->AppendWhole(choices, call.UsageSoFar(), json);
  call.conversation += choices.front().text;
  call.core.responses.Keep({call.id, std::move(call.conversation), std::move(json)});
}

rt::Task<Outcome> CutInHalf(http::Exchange& exchange, std::string_view body, CloseWith with) {
  const std::string head =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
      "content-length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  const std::array<std::string_view, 2> half = {head, body.substr(0, body.size() / 2)};
  if (exchange.takes_raw()) (void)co_await exchange.SendRaw(half);
  co_return Cut(exchange, with);
}

rt::Task<Outcome> AnswerUnary(http::Exchange& exchange, Call& call) {
  ServerCore& core = call.core;
  co_await HoldFirstByte(core, call.engine, call.draw);
  while (!call.engine.ended() && !call.engine.gone() && !call.engine.aborted()) {
    co_await call.engine.changed().Wait();
  }
  if (call.engine.gone()) co_return Outcome::kCancelled;
  if (call.engine.aborted() && core.life == Life::kDead) {
    co_return co_await Refuse(core, exchange, *Unwilling(core.life));
  }
  if (const Fault* fault = core.faults.Hits(FaultMode::kError, call.draw)) {
    ApiError error = FaultAnswer(fault->code);
    co_return co_await Refuse(core, exchange, std::move(error));
  }
  const std::vector<FinishedChoice> choices = call.Choices();
  std::string body;
  body.reserve(1024 + choices.size() * call.plan.choices.front().shown_bytes);
  MakeAnswerForm(call.Head(Framing::kBare), call.usage)
      ->AppendWhole(choices, call.UsageSoFar(), body);
  if (const Fault* fault = core.faults.Hits(FaultMode::kClose, call.draw)) {
    co_return co_await CutInHalf(exchange, body, fault->close_with);
  }
  Remember(call, choices);
  const base::Status sent = co_await exchange.Respond(200, kJson, body);
  co_return sent.ok() ? Outcome::kFinished : Outcome::kCancelled;
}

// The tokens of a streamed answer, as they are made.
class Stream {
 public:
  enum class End : unsigned char { kNotYet, kDone, kFailed, kCut };

  Stream(Call& call, Framing framing)
      : call_(call),
        form_(MakeAnswerForm(call.Head(framing), call.usage)),
        sent_(call.plan.choices.size()) {}

  // Appends what is new. Says whether that was the end.
  End Append(std::string& out);
  // Whether there is something to append that was not there before.
  bool Behind() const;
  CloseWith cut_with() const { return cut_with_; }

 private:
  struct Sent {
    uint32_t tokens = 0;
    bool ended = false;
  };

  End AppendChoice(uint32_t index, std::string& out);
  void AppendPiece(uint32_t index, std::string& out);
  void Finish(uint32_t index, std::string& out);
  End FaultAfter(std::string& out);

  Call& call_;
  std::unique_ptr<AnswerForm> form_;
  std::vector<Sent> sent_;
  uint32_t total_ = 0;
  bool opened_ = false;
  CloseWith cut_with_ = CloseWith::kReset;
};

bool Stream::Behind() const {
  for (size_t i = 0; i < sent_.size(); ++i) {
    if (!sent_[i].ended && call_.engine.sequences()[i].tokens > sent_[i].tokens) return true;
  }
  return false;
}

Stream::End Stream::Append(std::string& out) {
  const bool died = call_.engine.aborted() && call_.core.life == Life::kDead;
  if (!opened_ && Behind()) {
    opened_ = true;
    form_->AppendOpening(out);
  }
  for (uint32_t i = 0; i < sent_.size(); ++i) {
    if (const End end = AppendChoice(i, out); end != End::kNotYet) return end;
  }
  if (died) {
    form_->AppendFailure(*Unwilling(Life::kDead), out);
    return End::kFailed;
  }
  if (call_.engine.aborted()) {
    if (!std::exchange(opened_, true)) form_->AppendOpening(out);
    for (uint32_t i = 0; i < sent_.size(); ++i) {
      if (!sent_[i].ended) Finish(i, out);
    }
  }
  if (!std::ranges::all_of(sent_, &Sent::ended)) return End::kNotYet;
  const std::vector<FinishedChoice> choices = call_.Choices();
  form_->AppendClosing(choices, call_.UsageSoFar(), out);
  Remember(call_, choices);
  return End::kDone;
}

Stream::End Stream::AppendChoice(uint32_t index, std::string& out) {
  Sent& sent = sent_[index];
  const uint32_t all = call_.plan.choices[index].output_tokens;
  const uint32_t there =
      std::min(call_.engine.sequences()[index].tokens, sent.tokens + kTokensPerWrite);
  while (sent.tokens < there) {
    if (sent.tokens + 1 == all) {
      Finish(index, out);
    } else {
      AppendPiece(index, out);
    }
    ++sent.tokens;
    ++total_;
    if (const End end = FaultAfter(out); end != End::kNotYet) return end;
  }
  return End::kNotYet;
}

// The text of the choice's next token, as much of it as shows.
void Stream::AppendPiece(uint32_t index, std::string& out) {
  const PlannedChoice& planned = call_.plan.choices[index];
  const uint32_t position = sent_[index].tokens;
  std::string_view text = call_.core.host.story().Token(planned.story_start, position);
  const uint64_t from = uint64_t{position} * kBytesPerToken;
  if (from >= planned.shown_bytes) return;
  text = text.substr(0, planned.shown_bytes - from);
  form_->AppendToken({.choice = index, .position = position, .text = text}, out);
}

void Stream::Finish(uint32_t index, std::string& out) {
  const PlannedChoice& planned = call_.plan.choices[index];
  const std::vector<FinishedChoice> choices = call_.Choices();
  const uint32_t position = sent_[index].tokens;
  const uint64_t from = uint64_t{position} * kBytesPerToken;
  std::string_view text;
  if (choices[index].finish != FinishReason::kAbort && from < planned.shown_bytes) {
    text = call_.core.host.story().Token(planned.story_start, position);
    text = text.substr(0, planned.shown_bytes - from);
  }
  form_->AppendLast({.choice = index, .position = position, .text = text}, choices[index], out);
  sent_[index].ended = true;
}

Stream::End Stream::FaultAfter(std::string& out) {
  const FaultDesk& faults = call_.core.faults;
  const Fault* close = faults.Hits(FaultMode::kClose, call_.draw);
  const Fault* error = faults.Hits(FaultMode::kError, call_.draw);
  if (close == nullptr && error == nullptr) return End::kNotYet;
  // The last token of an answer is its end: too late for a fault.
  if (std::ranges::all_of(sent_, &Sent::ended)) return End::kNotYet;
  if (close != nullptr && total_ >= close->after_chunks) {
    cut_with_ = close->close_with;
    return End::kCut;
  }
  if (error == nullptr || total_ < error->after_chunks) return End::kNotYet;
  form_->AppendFailure(FaultAnswer(error->code), out);
  return End::kFailed;
}

// Puts the stream on the wire: whole HTTP/1.1 chunks, or as HTTP/2 frames it.
class Wire {
 public:
  explicit Wire(http::Exchange& exchange) : exchange_(exchange), raw_(exchange.takes_raw()) {}

  Framing framing() const { return raw_ ? Framing::kChunked : Framing::kBare; }
  // What goes before the first bytes.
  std::string Begin() const {
    if (!raw_) return {};
    std::string head(kStreamHead);
    return head.append(exchange_.keep_alive() ? "\r\n" : "connection: close\r\n\r\n");
  }
  rt::Task<base::Status> Send(std::string_view bytes);
  rt::Task<void> End();

 private:
  http::Exchange& exchange_;
  const bool raw_;
  bool begun_ = false;
};

rt::Task<base::Status> Wire::Send(std::string_view bytes) {
  if (raw_) {
    const std::array<std::string_view, 1> piece = {bytes};
    co_return co_await exchange_.SendRaw(piece);
  }
  if (!std::exchange(begun_, true)) {
    const std::array<http::Field, 1> type = {
        {{"content-type", "text/event-stream; charset=utf-8"}}};
    const base::Status begun = co_await exchange_.Begin(200, type);
    if (!begun.ok()) co_return begun;
  }
  co_return co_await exchange_.Send(bytes);
}

rt::Task<void> Wire::End() {
  if (raw_) {
    exchange_.EndRaw(http::RawEnd::kComplete);
  } else {
    (void)co_await exchange_.End();
  }
}

rt::Task<Outcome> AnswerStream(http::Exchange& exchange, Call& call) {
  Wire wire(exchange);
  Stream stream(call, wire.framing());
  std::string bytes = wire.Begin();
  co_await HoldFirstByte(call.core, call.engine, call.draw);
  // The head goes out before any token is there, as the real server's does.
  while (true) {
    const Stream::End end = stream.Append(bytes);
    const base::Status status = co_await wire.Send(bytes);
    if (!status.ok() || call.engine.gone()) co_return Outcome::kCancelled;
    bytes.clear();
    if (end == Stream::End::kCut) co_return Cut(exchange, stream.cut_with());
    if (end != Stream::End::kNotYet) {
      co_await wire.End();
      co_return end == Stream::End::kDone ? Outcome::kFinished : Outcome::kCancelled;
    }
    while (!stream.Behind() && !call.engine.gone() && !call.engine.aborted()) {
      co_await call.engine.changed().Wait();
    }
    if (call.engine.gone()) co_return Outcome::kCancelled;
  }
}

}  // namespace

rt::Task<Outcome> Generate(ServerCore& core, http::Exchange& exchange, Api api) {
  Call call(core);
  call.api = api;
  const std::optional<Outcome> failed = co_await FailEarly(core, exchange, call.draw);
  if (failed) co_return *failed;
  std::string_view body;
  std::optional<ApiError> error = co_await TakeBody(core, exchange, body);
  if (!error) error = Prepare(exchange.head(), body, call);
  if (error) co_return co_await Refuse(core, exchange, *std::move(error));
  exchange.ReleaseBody();
  const PeerWatch watch(exchange, call.engine);
  rt::Task<Outcome> answer =
      call.stream ? AnswerStream(exchange, call) : AnswerUnary(exchange, call);
  co_return co_await std::move(answer);
}

}  // namespace fairway::modelsim
