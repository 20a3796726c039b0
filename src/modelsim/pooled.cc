#include "modelsim/pooled.h"

#include <algorithm>
#include <utility>

#include "json/reader.h"
#include "json/writer.h"
#include "modelsim/api/word_vector.h"
#include "modelsim/plan.h"

namespace fairway::modelsim {
namespace {

using json::Kind;
using json::Value;

constexpr size_t kMaxTexts = 2048;
constexpr uint32_t kDimensions = 256;
constexpr uint32_t kMaxDimensions = 8192;

struct PoolRequest {
  std::string model;
  // What goes through the model: of embeddings the inputs, else the query (or queries) and the
  // documents.
  std::vector<std::string> queries;
  std::vector<std::string> texts;
  uint32_t dimensions = kDimensions;
  bool base64 = false;
  size_t top_n = kMaxTexts;
};

// Lives in AnswerPooled's frame.
struct PoolCall {
  explicit PoolCall(ServerCore& of) : core(of), engine(of.host), draw(of.rng.Next()) {}

  ServerCore& core;
  EngineCall engine;
  const uint64_t draw;
  PoolRequest request;
  ServedModels::Pointer served;
  std::string id;
  uint32_t prompt_tokens = 0;
};

// A text, token ids, or a list of these.
bool ReadTexts(const Value& value, std::vector<std::string>& into) {
  if (auto text = value.String()) {
    into.push_back(*std::move(text));
    return true;
  }
  const std::vector<Value> elements = value.Elements();
  if (elements.empty() || elements.size() > kMaxTexts) return false;
  if (elements[0].kind() != Kind::kNumber) {
    return std::ranges::all_of(elements, [&](const Value& one) {
      if (one.kind() == Kind::kObject) {  // a document with its text inside
        into.push_back(one["text"].String().value_or(std::string(one.Raw())));
        return true;
      }
      return one.kind() != Kind::kNumber && ReadTexts(one, into);
    });
  }
  std::string& ids = into.emplace_back();
  for (const Value& one : elements) {
    const auto id = static_cast<uint32_t>(one.Int().value_or(0));
    ids.append(reinterpret_cast<const char*>(&id), sizeof id);
  }
  return true;
}

std::optional<ApiError> Need(const Value& root, std::string_view key,
                             std::vector<std::string>& into) {
  std::string where = "body.";
  where += key;
  if (!root[key]) return MissingField(where, root.Members().size());
  if (ReadTexts(root[key], into)) return std::nullopt;
  return InvalidBody("string_type", where, "Input should be a valid string", root[key].Raw());
}

std::optional<ApiError> Read(PoolApi api, const Value& root, PoolRequest& into) {
  into.model = root["model"].String().value_or("");
  if (api == PoolApi::kEmbeddings) {
    if (const auto dimensions = root["dimensions"].Int()) {
      if (*dimensions < 1 || *dimensions > kMaxDimensions) {
        return OutOfRange("dimensions", "between 1 and 8192", root["dimensions"].Raw());
      }
      into.dimensions = static_cast<uint32_t>(*dimensions);
    }
    into.base64 = root["encoding_format"].String() == "base64";
    return Need(root, "input", into.texts);
  }
  const bool rerank = api == PoolApi::kRerank;
  if (auto error = Need(root, rerank ? "query" : "text_1", into.queries)) return error;
  if (auto error = Need(root, rerank ? "documents" : "text_2", into.texts)) return error;
  if (const auto top = root["top_n"].Int(); top && *top > 0) into.top_n = static_cast<size_t>(*top);
  if (into.queries.size() == 1 || into.queries.size() == into.texts.size()) return std::nullopt;
  return ApiError{.message = "Input lengths must be either 1:1, 1:N or N:N"};
}

std::optional<ApiError> Submit(PoolCall& call) {
  const Profile& profile = call.core.profile();
  const PoolRequest& request = call.request;
  std::vector<Submission> all;
  for (size_t i = 0; i < request.texts.size(); ++i) {
    std::string pair;
    if (!request.queries.empty()) pair = request.queries[request.queries.size() == 1 ? 0 : i];
    pair += request.texts[i];
    Submission& one = all.emplace_back();
    one.work = Work::kPool;
    one.adapter = call.served->adapter;
    one.prompt = profile.enable_prefix_caching
                     ? HashPrompt(pair, profile.block_size, call.served->hash_root)
                     : CountPrompt(pair.size());
    if (auto error = MeasurePrompt(one.prompt.tokens, profile)) return error;
    call.prompt_tokens += one.prompt.tokens;
  }
  for (Submission& one : all) {
    if (!call.engine.Submit(std::move(one))) return QueueFull();
  }
  return std::nullopt;
}

std::optional<ApiError> Prepare(const http::RequestHead& head, PoolApi api, std::string_view body,
                                PoolCall& call) {
  if (auto unwilling = Unwilling(call.core.life)) return unwilling;
  json::Reader reader;
  const base::Result<Value> root = reader.Read(body);
  if (!root.ok()) {
    return InvalidBody("json_invalid", "body.0", "JSON decode error", root.status().message());
  }
  if (auto error = Read(api, *root, call.request)) return error;
  call.served = call.core.served.Find(call.request.model);
  if (call.served == nullptr) return UnknownModel(call.request.model, call.core.options.model);
  call.id = call.core.IdOf(head);
  return Submit(call);
}

void WriteUsage(const PoolCall& call, json::Writer& to) {
  to.Key("usage").BeginObject().Member("prompt_tokens", call.prompt_tokens);
  to.Member("total_tokens", call.prompt_tokens).Member("completion_tokens", 0);
  to.Member("prompt_tokens_details", nullptr).EndObject();
}

std::string Embeddings(const PoolCall& call) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("id", "embd-" + call.id).Member("object", "list");
  to.Member("created", static_cast<int64_t>(call.core.UnixSeconds()));
  to.Key("model").Raw(call.served->json).Key("data").BeginArray();
  for (size_t i = 0; i < call.request.texts.size(); ++i) {
    const std::vector<float> vector = WordVector(call.request.texts[i], call.request.dimensions);
    to.BeginObject().Member("index", i).Member("object", "embedding").Key("embedding");
    if (call.request.base64) {
      to.Value(Base64(vector));
    } else {
      to.BeginArray();
      for (const float value : vector) to.Value(double{value});
      to.EndArray();
    }
    to.EndObject();
  }
  to.EndArray();
  WriteUsage(call, to);
  to.EndObject();
  return out;
}

// Each text's with its query, in [0, 1].
std::vector<double> Scores(const PoolRequest& request) {
  std::vector<double> scores;
  for (size_t i = 0; i < request.texts.size(); ++i) {
    const std::string& query = request.queries[request.queries.size() == 1 ? 0 : i];
    const double cosine =
        Cosine(WordVector(query, kDimensions), WordVector(request.texts[i], kDimensions));
    scores.push_back((1 + cosine) / 2);
  }
  return scores;
}

std::string Score(const PoolCall& call) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("id", "score-" + call.id).Member("object", "list");
  to.Member("created", static_cast<int64_t>(call.core.UnixSeconds()));
  to.Key("model").Raw(call.served->json).Key("data").BeginArray();
  size_t index = 0;
  for (const double score : Scores(call.request)) {
    to.BeginObject().Member("index", index++).Member("object", "score").Member("score", score);
    to.EndObject();
  }
  to.EndArray();
  WriteUsage(call, to);
  to.EndObject();
  return out;
}

std::string Rerank(const PoolCall& call) {
  const std::vector<double> scores = Scores(call.request);
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), call.request.top_n));
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("id", "rerank-" + call.id).Key("model").Raw(call.served->json);
  to.Key("usage").BeginObject().Member("prompt_tokens", call.prompt_tokens);
  to.Member("total_tokens", call.prompt_tokens).EndObject().Key("results").BeginArray();
  for (const size_t i : order) {
    to.BeginObject().Member("index", i).Key("document").BeginObject();
    to.Member("text", call.request.texts[i]).Member("multi_modal", nullptr).EndObject();
    to.Member("relevance_score", scores[i]).EndObject();
  }
  to.EndArray().EndObject();
  return out;
}

std::string BodyOf(PoolApi api, const PoolCall& call) {
  switch (api) {
    case PoolApi::kEmbeddings:
      return Embeddings(call);
    case PoolApi::kRerank:
      return Rerank(call);
    case PoolApi::kScore:
      return Score(call);
  }
  return {};
}

}  // namespace

rt::Task<Outcome> AnswerPooled(ServerCore& core, http::Exchange& exchange, PoolApi api) {
  PoolCall call(core);
  const std::optional<Outcome> failed = co_await FailEarly(core, exchange, call.draw);
  if (failed) co_return *failed;
  std::string_view body;
  std::optional<ApiError> error = co_await TakeBody(core, exchange, body);
  if (!error) error = Prepare(exchange.head(), api, body, call);
  if (error) co_return co_await Refuse(core, exchange, *std::move(error));
  exchange.ReleaseBody();
  const PeerWatch watch(exchange, call.engine);
  co_await HoldFirstByte(core, call.engine, call.draw);
  while (!call.engine.ended() && !call.engine.gone() && !call.engine.aborted()) {
    co_await call.engine.changed().Wait();
  }
  if (call.engine.gone()) co_return Outcome::kCancelled;
  if (!call.engine.ended()) {
    std::optional<ApiError> unwilling = Unwilling(core.life);
    if (!unwilling) unwilling = FaultAnswer(500);
    co_return co_await Refuse(core, exchange, *std::move(unwilling));
  }
  const std::string answer = BodyOf(api, call);
  const base::Status sent = co_await exchange.Respond(200, "application/json", answer);
  co_return sent.ok() ? Outcome::kFinished : Outcome::kCancelled;
}

}  // namespace fairway::modelsim
