// Completions: from a request to a sequence in the engine, and from its tokens to an answer.

#include <algorithm>
#include <array>
#include <utility>

#include "modelsim/answer.h"
#include "modelsim/server.h"

namespace fairway::modelsim {
namespace {

constexpr std::string_view kJson = "application/json";
// Tokens in one write when many are there at once.
constexpr uint32_t kTokensPerWrite = 256;

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nserver: fairway-sim\r\n"
    "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n";

ApiError UnknownModel(std::string_view asked, std::string_view served) {
  ApiError error{.status = 404, .type = "NotFoundError", .param = "model"};
  error.message = "The model `" + std::string(asked) + "` does not exist. Valid aliases: ";
  error.message.append(served).append(".");
  return error;
}

ApiError QueueFull() {
  return {.status = 503,
          .type = "Service Unavailable",
          .message = "The engine is busy: its queue is full. Try again later, or elsewhere."};
}

ApiError Faulty(int code) {
  return {.status = code, .type = "InternalServerError", .message = "This fault was asked for."};
}

ApiError TooLong(std::string_view param, uint64_t value, uint64_t context) {
  ApiError error{.param = std::string(param)};
  error.message = "This model's maximum context length is " + std::to_string(context) +
                  " tokens, which the request exceeds. (parameter=" + error.param +
                  ", value=" + std::to_string(value) + ")";
  return error;
}

// Sixteen digits, as vLLM makes ids up.
std::string HexId(uint64_t number) {
  std::string id(16, '0');
  for (size_t i = id.size(); i-- > 0; number >>= 4) id[i] = "0123456789abcdef"[number & 15];
  return id;
}

// Takes the callback back before what it names is gone.
class PeerWatch {
 public:
  PeerWatch(http::Exchange& exchange, EngineCall& call) : exchange_(exchange) {
    exchange.OnPeerGone([&call] { call.MarkGone(); });
  }
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;
  ~PeerWatch() { exchange_.OnPeerGone({}); }

 private:
  http::Exchange& exchange_;
};

}  // namespace

// Lives in Generate's frame.
struct ModelServer::Call {
  explicit Call(EngineHost& host) : engine(host) {}

  AnswerHead Head() const { return {api, id, served->json, created}; }
  Usage UsageSoFar() const { return {prompt_tokens, engine.tokens(), engine.cached_tokens()}; }

  EngineCall engine;
  ServedModels::Pointer served;
  Api api = Api::kChat;
  std::string id;
  int64_t created = 0;
  bool stream = false;
  bool include_usage = false;
  uint32_t prompt_tokens = 0;
  uint32_t output_tokens = 0;
  FinishReason finish = FinishReason::kLength;
  uint64_t story_start = 0;
};

rt::Task<ModelServer::Outcome> ModelServer::Generate(http::Exchange& exchange, Api api) {
  if (fault_.mode == FaultMode::kError && fault_.after_chunks == 0) {
    co_return co_await Refuse(exchange, Faulty(fault_.code));
  }
  if (fault_.mode == FaultMode::kClose && fault_.after_chunks == 0) {
    (void)co_await exchange.SendRaw({});
    co_return Cut(exchange);
  }
  const base::Result<std::string_view> body = co_await exchange.Body(options_.max_body_bytes);
  if (!body.ok()) {
    const int status = body.status().code() == base::Code::kExhausted ? 413 : 400;
    ApiError error{.status = status, .message = body.status().message()};
    co_return co_await Refuse(exchange, std::move(error));
  }
  Call call(host_);
  call.api = api;
  if (std::optional<ApiError> error = Prepare(exchange.head(), *body, call)) {
    co_return co_await Refuse(exchange, *std::move(error));
  }
  exchange.ReleaseBody();
  const PeerWatch watch(exchange, call.engine);
  rt::Task<Outcome> answer =
      call.stream ? AnswerStream(exchange, call) : AnswerUnary(exchange, call);
  const Outcome outcome = co_await std::move(answer);
  co_return outcome;
}

rt::Task<ModelServer::Outcome> ModelServer::Refuse(http::Exchange& exchange, ApiError error) {
  const base::Status sent = co_await exchange.Respond(error.status, kJson, ErrorJson(error));
  co_return sent.ok() ? Outcome::kRefused : Outcome::kCancelled;
}

std::optional<ApiError> ModelServer::Prepare(const http::RequestHead& head, std::string_view body,
                                             Call& call) {
  const std::string_view type = head.fields.Find("content-type").value_or("");
  if (type.find(kJson) == std::string_view::npos) {
    return ApiError{.type = "Bad Request",
                    .message =
                        "1 validation error:\n  Unsupported Media Type: Only "
                        "'application/json' is allowed"};
  }
  const bool hashed = host_.engine().profile().enable_prefix_caching;
  request_.Reset();
  const PromptText text = hashed ? PromptText::kKept : PromptText::kCounted;
  if (auto error = reader_.Read(call.api, text, body, request_)) return error;
  call.served = served_.Find(request_.model);
  if (call.served == nullptr) return UnknownModel(request_.model, options_.model);

  Submission submission;
  submission.prompt = hashed ? HashPrompt(request_.prompt, host_.engine().profile().block_size,
                                          call.served->hash_root)
                             : CountPrompt(request_.prompt_bytes);
  submission.adapter = call.served->adapter;
  if (auto error = Measure(call, submission)) return error;
  call.stream = request_.stream;
  call.include_usage = request_.include_usage;
  if (!call.engine.Submit(std::move(submission))) return QueueFull();

  call.created = static_cast<int64_t>(UnixSeconds());
  const std::optional<std::string_view> asked = head.fields.Find("x-request-id");
  call.id = AnswerId(call.api, asked ? *asked : HexId(BlockHash(at_.port, {}) + state_.received));
  return std::nullopt;
}

std::optional<ApiError> ModelServer::Measure(Call& call, Submission& submission) const {
  const Profile& profile = host_.engine().profile();
  const uint32_t context = profile.ContextTokens();
  const Prompt& prompt = submission.prompt;
  if (prompt.tokens >= context) return TooLong("input_tokens", prompt.tokens, context);
  const uint32_t room = context - prompt.tokens;
  if (request_.max_tokens && *request_.max_tokens > room) {
    return TooLong("max_tokens", *request_.max_tokens, context);
  }
  // The same prompt gets the same answer, on every server with the same seed.
  const uint64_t parent = prompt.block_hashes.empty() ? prompt.root : prompt.block_hashes.back();
  submission.story_start = BlockHash(parent + prompt.tokens, prompt.tail);
  const uint64_t spread = profile.output_tokens_max - profile.output_tokens_min + uint64_t{1};
  const auto drawn =
      static_cast<uint32_t>(profile.output_tokens_min + submission.story_start / 7 % spread);
  if (request_.max_tokens) {
    submission.output_tokens = *request_.max_tokens;
  } else if (request_.ignore_eos || drawn > room) {
    submission.output_tokens = room;
  } else {
    submission.output_tokens = drawn;
    submission.finish = FinishReason::kStop;
  }
  call.prompt_tokens = prompt.tokens;
  call.output_tokens = submission.output_tokens;
  call.finish = submission.finish;
  call.story_start = submission.story_start;
  return std::nullopt;
}

rt::Task<void> ModelServer::HoldFirstByte(Call& call) {
  if (fault_.mode != FaultMode::kSlow) co_return;
  const base::TimePoint until = network_.loop().Now() + fault_.first_byte_delay;
  while (!call.engine.gone() && network_.loop().Now() < until) {
    co_await call.engine.changed().WaitFor(until - network_.loop().Now());
  }
}

rt::Task<ModelServer::Outcome> ModelServer::AnswerUnary(http::Exchange& exchange, Call& call) {
  co_await HoldFirstByte(call);
  while (!call.engine.ended() && !call.engine.gone()) co_await call.engine.changed().Wait();
  if (call.engine.gone()) co_return Outcome::kCancelled;
  if (fault_.mode == FaultMode::kError) co_return co_await Refuse(exchange, Faulty(fault_.code));
  std::string text;
  host_.story().Append(call.story_start, call.output_tokens, text);
  std::string body;
  body.reserve(text.size() + 1024);
  AppendUnaryAnswer(call.Head(), text, call.finish, call.UsageSoFar(), body);
  if (fault_.mode == FaultMode::kClose) {
    const std::string head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        "content-length: " +
        std::to_string(body.size()) + "\r\n\r\n";
    const std::array<std::string_view, 2> half = {
        head, std::string_view(body).substr(0, body.size() / 2)};
    (void)co_await exchange.SendRaw(half);
    co_return Cut(exchange);
  }
  const base::Status sent = co_await exchange.Respond(200, kJson, body);
  co_return sent.ok() ? Outcome::kFinished : Outcome::kCancelled;
}

rt::Task<ModelServer::Outcome> ModelServer::AnswerStream(http::Exchange& exchange, Call& call) {
  const StreamFrames frames(call.Head());
  std::string bytes(kStreamHead);
  bytes.append(exchange.keep_alive() ? "\r\n" : "connection: close\r\n\r\n");
  co_await HoldFirstByte(call);
  uint32_t sent = 0;
  while (sent < call.output_tokens) {
    const uint32_t there = std::min(call.engine.tokens(), sent + kTokensPerWrite);
    if (sent == 0 && there > 0) frames.AppendOpening(bytes);
    bool cut = false;
    for (; sent < there && !cut; ++sent) {
      const std::string_view token = host_.story().Token(call.story_start, sent);
      if (sent + 1 == call.output_tokens) {
        frames.AppendLastToken(token, call.finish, bytes);
        if (call.include_usage) frames.AppendUsage(call.UsageSoFar(), bytes);
        StreamFrames::AppendDone(bytes);
      } else {
        frames.AppendToken(token, bytes);
      }
      const bool faulty = fault_.mode == FaultMode::kClose || fault_.mode == FaultMode::kError;
      cut = faulty && sent + 1 >= fault_.after_chunks && sent + 1 < call.output_tokens;
    }
    const bool crashed = cut && fault_.mode == FaultMode::kError;
    if (crashed) {
      StreamFrames::AppendError(Faulty(fault_.code), bytes);
      StreamFrames::AppendDone(bytes);
    }
    if (!bytes.empty()) {
      // The head goes out before any token is there, as the real server's does.
      const std::array<std::string_view, 1> piece = {bytes};
      const base::Status status = co_await exchange.SendRaw(piece);
      if (!status.ok() || call.engine.gone()) co_return Outcome::kCancelled;
      bytes.clear();
    }
    if (crashed) break;
    if (cut) co_return Cut(exchange);
    while (call.engine.tokens() == sent && sent < call.output_tokens && !call.engine.gone()) {
      co_await call.engine.changed().Wait();
    }
    if (call.engine.gone()) co_return Outcome::kCancelled;
  }
  exchange.EndRaw(http::RawEnd::kComplete);
  co_return sent == call.output_tokens ? Outcome::kFinished : Outcome::kCancelled;
}

ModelServer::Outcome ModelServer::Cut(http::Exchange& exchange) const {
  if (fault_.close_with == CloseWith::kFin) {
    exchange.EndRaw(http::RawEnd::kClose);
  } else {
    exchange.Abort({base::Code::kCancelled, "cut by a fault"});
  }
  return Outcome::kCancelled;
}

}  // namespace fairway::modelsim
