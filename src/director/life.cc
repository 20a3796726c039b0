#include "director/life.h"

#include <algorithm>
#include <span>
#include <utility>

#include "director/known_models.h"
#include "director/worker_state.h"
#include "inference/body.h"
#include "obs/log.h"
#include "prefix/block_hash.h"

namespace fairway::director {
namespace {

constexpr uint32_t kBlockTokens = prefix::kDefaultBlockBytes / inference::kBytesPerToken;

uint32_t Saturated(uint64_t n) { return static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX)); }

}  // namespace

RequestLife::~RequestLife() { CHECK(finished_); }

void RequestLife::Begin(const Arrival& arrival) {
  CHECK(finished_);
  arrival_ = arrival;
  request_id_ = arrival.request_id;
  client_ = arrival.client;
  arrival_.request_id = request_id_;
  arrival_.client = client_;
  model_.clear();
  rewrite_.reset();
  keeper_.reset();
  repeatable_ = arrival.repeat == Arrival::Repeat::kAllowed;
  blocks_.clear();
  order_.clear();
  prompt_tokens_ = body_bytes_ = output_tokens_ = 0;
  stream_ = finished_ = false;
  next_ = 0;
  current_ = last_ = nullptr;
  attempts_ = retries_taken_ = 0;
  last_end_ = AttemptEnd::kConnectFailed;
  pick_time_ = base::Duration(0);
  answer_began_.reset();
  record_ = {};
  learned_.reset();
  session_ = {};
  served_by_ = 0;
  facts = {};
  // Everything about this request is judged by the members as they are now.
  view_ = worker_.view;
  view_->Read(states_);
  UsePool(0);
  if (!view_->pools.rewrites.empty()) draw_ = worker_.rng.Unit();
  worker_.budget.Begin();
}

void RequestLife::Forget() {
  CHECK(finished_);
  current_ = last_ = nullptr;
  order_.clear();
  set_ = nullptr;
  profile_ = nullptr;
  states_.clear();
  view_.reset();
}

data::Pool& RequestLife::pool() const { return view_->pools.brains[pool_]->pool; }

void RequestLife::UsePool(size_t pool) {
  pool_ = pool;
  set_ = states_[pool].members.get();
  profile_ = states_[pool].profile.get();
}

std::optional<Rejection> RequestLife::Parse(std::string_view body) {
  return ParseWith(worker_.parser, body);
}

std::optional<Rejection> RequestLife::ParseElsewhere(std::string_view body) {
  inference::Parser own;
  return ParseWith(own, body);
}

std::optional<Rejection> RequestLife::ParseWith(inference::Parser& parser, std::string_view body) {
  const inference::BodyKind kind{.api = arrival_.api, .content_type = arrival_.content_type};
  const base::Result<inference::ParsedRequest> parsed = inference::ParseBody(parser, kind, body);
  if (!parsed.ok())
    return Rejection{.reason = Reason::kBadRequest,
                     .message = parsed.status().message(),
                     .param = parser.error_param()};
  body_bytes_ = body.size();
  stream_ = parsed->stream;
  prompt_tokens_ = parsed->estimated_prompt_tokens;
  output_tokens_ = parsed->max_output_tokens.value_or(0);
  if (auto rejection = TakeModel(*parsed, body)) return rejection;
  UsePool(ChoosePool(view_->pools, states_, model_));
  const bool goes_on = !parsed->previous_response_id.empty();
  if (goes_on || parsed->background) repeatable_ = false;
  if (auto rejection = TakeResponse(goes_on ? parsed->previous_response_id : arrival_.response_id))
    return rejection;
  HashPrompt(*parsed);
  return std::nullopt;
}

// Whom the request is for. What has no body may go to anybody.
std::optional<Rejection> RequestLife::TakeModel(const inference::ParsedRequest& parsed,
                                                std::string_view body) {
  if (!parsed.model.empty()) {
    model_ = parsed.model;
    RewriteModel(parsed);
  } else if (body.empty() && arrival_.api == inference::Api::kNone) {
    return std::nullopt;
  } else if (const model::Served* only = OnlyBaseModel(states_)) {
    model_ = only->name;
  } else if (AnythingServed(states_)) {
    return Rejection{.reason = Reason::kBadRequest,
                     .message = "The request names no model, and there are several: " +
                                KnownModels(states_) + ".",
                     .param = "model"};
  }
  return std::nullopt;
}

void RequestLife::RewriteModel(const inference::ParsedRequest& parsed) {
  const std::string* target = view_->pools.TargetOf(model_, draw_);
  if (target == nullptr || *target == model_) return;
  rewrite_ = {.from = std::exchange(model_, *target), .to = *target};
  splice_ = inference::SpliceFor(model_, parsed.model_form, parsed.model_range);
}

// Only one server has what a stored response stands for. If nobody told us of it, anybody may be
// asked, and say so.
std::optional<Rejection> RequestLife::TakeResponse(std::string_view response_id) {
  if (response_id.empty()) return std::nullopt;
  for (size_t pool = 0; pool < states_.size(); ++pool) {
    const auto owner = view_->pools.brains[pool]->pool.responses.Find(response_id);
    if (!owner) continue;
    UsePool(pool);
    keeper_ = owner;
    if (Keeper() != nullptr) return std::nullopt;
    return Rejection{.reason = Reason::kUnknownResponse,
                     .message = "The model server that kept response `" + std::string(response_id) +
                                "` is gone."};
  }
  return std::nullopt;
}

const model::Endpoint* RequestLife::Keeper() const {
  return keeper_ ? set_->Find(*keeper_) : nullptr;
}

void RequestLife::HashPrompt(const inference::ParsedRequest& parsed) {
  // Each piece adds a separator byte of its own.
  const uint64_t bytes = parsed.prompt_bytes + parsed.prompt.size();
  const uint64_t most = bytes / prefix::kDefaultBlockBytes + 1;
  blocks_.resize(std::min<uint64_t>(most, prefix::kDefaultMaxBlocks));
  prefix::BlockHasher hasher(prefix::RootHash(model_, "", parsed.cache_salt), blocks_);
  for (const inference::PromptPiece& piece : parsed.prompt)
    hasher.Add(static_cast<unsigned char>(piece.kind), piece.raw);
  blocks_.resize(hasher.Finish());
}

sched::Request RequestLife::ToSchedule(base::TimePoint now) const {
  sched::Request request{.now = now,
                         .model = model_,
                         .prefix_blocks = blocks_,
                         .block_tokens = kBlockTokens,
                         .prompt_tokens = Saturated(prompt_tokens_),
                         .expected_output_tokens = Saturated(output_tokens_),
                         .session = session_};
  const model::Served* served = set_->FindServed(model_);
  if (served != nullptr && served->is_adapter()) {
    request.adapter = model_;
    request.model = served->parent;
  } else if (served == nullptr) {
    const auto known = view_->pools.adapters.find(model_);
    if (known != view_->pools.adapters.end()) {
      request.adapter = model_;
      request.model = known->second;
    }
  }
  return request;
}

const sched::SessionNames* RequestLife::session_names() const {
  return profile_->session && view_->pools.sessions ? &*profile_->session : nullptr;
}

void RequestLife::BringSession(std::string_view token) {
  if (session_names() == nullptr) return;
  const auto name_key = view_->pools.sessions->Read(token, arrival_.wall);
  const model::Endpoint* before = name_key ? set_->FindByNameKey(*name_key) : nullptr;
  if (before != nullptr) session_ = before->id;
}

std::string_view RequestLife::session_token() const {
  if (session_names() == nullptr || served_by_ == 0) return {};
  return worker_.sessions.TokenFor(*view_->pools.sessions, served_by_, arrival_.wall);
}

std::optional<Rejection> RequestLife::Schedule(base::TimePoint now) {
  DecisionRecord& record = worker_.records.Open(record_);
  record.request_id.Assign(request_id_);
  record.client.Assign(client_);
  record.model.Assign(model());
  record.api = arrival_.api;
  record.at = arrival_.wall;
  record.stream = stream_;
  record.prompt_tokens = prompt_tokens_;
  record.pool.Assign(pool().name);
  const sched::PoolView view = sched::ViewOf(*set_, pool());
  const sched::Decision decision =
      sched::Decide(*profile_, ToSchedule(now), view, worker_.rng, worker_.scratch, record.trace);
  if (const model::Endpoint* keeper = Keeper()) {
    order_.assign(1, keeper);
    return std::nullopt;
  }
  if (!decision.ok()) return NobodyToAsk(decision.verdict);
  order_.assign(decision.ordered().begin(), decision.ordered().end());
  AddLastHopes(now);
  return std::nullopt;
}

// Who was left out for its health alone is better than nobody, once the others failed: a server
// that was restarted a moment ago, say, while the next one is. Filters have not judged them: where
// there are any, they stay out.
void RequestLife::AddLastHopes(base::TimePoint now) {
  const data::Health& health = pool().health;
  if (!health.AnyTrouble() || !profile_->filters.empty()) return;
  const model::Served* served = set_->FindServed(model_);
  if (served == nullptr) return;
  for (const data::Standing standing : {data::Standing::kProbation, data::Standing::kEjected}) {
    for (const uint32_t member : served->members) {
      const model::Endpoint& endpoint = set_->endpoints()[member];
      if (order_.size() == sched::kMaxOrdered) return;
      if (health.StandingOf(endpoint.id, now) == standing &&
          std::ranges::find(order_, &endpoint) == order_.end())
        order_.push_back(&endpoint);
    }
  }
}

Rejection RequestLife::NobodyToAsk(sched::Verdict verdict) const {
  if (verdict == sched::Verdict::kNotServed &&
      (rewrite_.has_value() || view_->pools.models.contains(model_)))
    return {.reason = Reason::kNoEndpoints,
            .message = "No model server serves `" + model_ + "` now."};
  if (verdict == sched::Verdict::kNotServed && AnythingServed(states_))
    return {.reason = Reason::kUnknownModel,
            .message = "The model `" + std::string(model()) +
                       "` does not exist. Known models: " + KnownModels(states_) + ".",
            .param = "model"};
  if (verdict == sched::Verdict::kNotServed)
    return {.reason = Reason::kNoEndpoints,
            .message = "No model server has told yet which models it serves."};
  return {.reason = Reason::kNoEndpoints, .message = "No model server can take this request now."};
}

const model::Endpoint* RequestLife::StartAttempt(base::TimePoint now) {
  CHECK(current_ == nullptr && !finished_);
  if (attempts_ > 0) {
    const Retry retry = RuleOf(last_end_).retry;
    if (retry == Retry::kNo || answer_began_ || next_ == order_.size()) return nullptr;
    if (!repeatable_ && last_end_ != AttemptEnd::kConnectFailed) return nullptr;
    if (retry == Retry::kFromBudget) {
      if (!worker_.budget.Take()) return nullptr;
      ++retries_taken_;
    }
  }
  data::Pool& known = pool();
  // A server that was ejected since the decision is passed over, unless it is the last hope.
  while (attempts_ > 0 && next_ + 1 < order_.size() &&
         known.health.StandingOf(order_[next_]->id, now) == data::Standing::kEjected)
    ++next_;
  if (next_ == order_.size()) return nullptr;
  const size_t place = next_++;
  current_ = last_ = order_[place];
  hold_ = known.in_flight.Acquire(current_->id.slot, UncachedTokens(place), body_bytes_);
  hung_epoch_ = known.health.HungEpoch(current_->id);
  attempt_began_ = now;
  if (profile_->session) served_by_ = model::NameKey(current_->name);
  Learn(place, now);
  if (DecisionRecord* kept = record(); kept != nullptr && attempts_ < DecisionRecord::kMaxAttempts)
    kept->attempts[attempts_] = {.endpoint = current_->id};
  ++attempts_;
  if (DecisionRecord* kept = record()) kept->attempt_count = attempts_;
  return current_;
}

// Of the server at that place of the list, as the decision saw it; 0 if its record is gone.
float RequestLife::CachedBlocks(size_t place) const {
  if (keeper_) return 0;  // not the decision's list
  const DecisionRecord* kept = record();
  if (kept == nullptr || place >= kept->trace.kept) return 0;
  const sched::TracedCandidate& traced = kept->trace.candidates[place];
  return traced.id == order_[place]->id ? traced.cached_blocks : 0;  // a keeper was not ranked
}

// What of the prompt the server probably has to compute: that is the load it gets from us.
uint32_t RequestLife::UncachedTokens(size_t place) const {
  const uint64_t cached = static_cast<uint64_t>(CachedBlocks(place)) * kBlockTokens;
  return Saturated(prompt_tokens_ - std::min(prompt_tokens_, cached));
}

// Optimistic: the next request with this prompt should find its way to the same server before the
// first one is answered.
void RequestLife::Learn(size_t place, base::TimePoint now) {
  learned_ = {.id = current_->id, .cached_blocks = CachedBlocks(place)};
  profile_->Commit(ToSchedule(now), *learned_);
}

void RequestLife::Unlearn(base::TimePoint now) {
  if (!learned_) return;
  profile_->Rollback(ToSchedule(now), *learned_);
  learned_.reset();
}

void RequestLife::EndAttempt(AttemptEnd end, base::TimePoint now) {
  if (current_ == nullptr) return;  // Finish came first
  if (end != AttemptEnd::kAnswered && end != AttemptEnd::kClientGone) Unlearn(now);
  last_end_ = end;
  TellOfHealth(pool().health.Report(current_->id, RuleOf(end).outcome, now), end);
  if (DecisionRecord* kept = record();
      kept != nullptr && attempts_ - 1 < DecisionRecord::kMaxAttempts) {
    AttemptRecord& attempt = kept->attempts[attempts_ - 1];
    attempt.end = end;
    attempt.running = false;
    attempt.took = now - attempt_began_;
  }
  LetGo();
  current_ = nullptr;
}

// A server going out or coming back is news for the operator.
void RequestLife::TellOfHealth(data::Health::Verdict verdict, AttemptEnd end) const {
  if (verdict == data::Health::Verdict::kEjected)
    obs::Log(obs::Level::kWarning, "model server fails, taken out",
             {{"endpoint", current_->name}, {"last", NameOf(end)}});
  if (verdict == data::Health::Verdict::kBack)
    obs::Log(obs::Level::kInfo, "model server is back", {{"endpoint", current_->name}});
}

Rejection RequestLife::Why() const {
  const Reason reason = RuleOf(last_end_).reason;
  Rejection why{.reason = reason, .message = {}, .param = {}};
  std::string_view phase = "first-byte";
  switch (reason) {
    case Reason::kUpstreamConnect:
      why.message = "No model server could be reached";
      phase = "connect";
      break;
    case Reason::kUpstreamUnavailable:
      why.message = "The model servers that were tried cannot take this request now";
      break;
    case Reason::kTimeoutFirstByte:
      why.message = "The model server did not begin its answer in the time allowed";
      break;
    default:
      why.message = "The model server closed the connection before it answered";
  }
  why.message += AtServer(phase) + ".";
  return why;
}

std::string RequestLife::AtServer(std::string_view phase) const {
  if (last_ == nullptr) return {};
  std::string at = " (server ";
  at.append(last_->name).append(", phase ").append(phase);
  if (attempts_ > 1) at += ", the last of " + std::to_string(attempts_) + " tried";
  return at + ")";
}

void RequestLife::Progressed(base::TimePoint now) {
  if (current_ != nullptr) pool().health.Progress(current_->id, now);
}

bool RequestLife::AttemptHung() const {
  return current_ != nullptr && pool().health.HungEpoch(current_->id) != hung_epoch_;
}

void RequestLife::MayBeQuiet() {
  if (current_ == nullptr || quiet_.valid()) return;
  quiet_ = current_->id;
  pool().health.AddQuiet(quiet_);
}

// Of what the request holds at the server of its attempt.
void RequestLife::LetGo() {
  if (quiet_.valid()) pool().health.RemoveQuiet(std::exchange(quiet_, {}));
  hold_.Release();
}

void RequestLife::AnswerBegan(base::TimePoint now) {
  answer_began_ = now;
  // Before the client reads the id, and can ask for it.
  if (!facts.response_id.empty() && current_ != nullptr)
    pool().responses.Note(facts.response_id, current_->id);
  hold_.ReleaseTokens();
  if (DecisionRecord* kept = record()) kept->first_byte = now - arrival_.at;
}

void RequestLife::SetPickTime(base::Duration took) {
  pick_time_ = took;
  if (DecisionRecord* kept = record()) kept->pick = took;
}

void RequestLife::Finish(Reason reason, int status, base::TimePoint now) {
  CHECK(!finished_);
  finished_ = true;
  worker_.budget.Give(retries_taken_);
  worker_.budget.End();
  LetGo();
  if (status == 404 && reason == Reason::kNone && current_ != nullptr && !model_.empty())
    pool().doubts.Raise(current_->id);
  // A request that the server refused never reached its cache.
  if (status >= 400 && reason == Reason::kNone) Unlearn(now);
  if (DecisionRecord* kept = record()) {
    kept->finished = true;
    kept->reason = reason;
    kept->status = status;
    kept->total = now - arrival_.at;
    kept->usage_told = facts.usage.has_value();
    if (facts.usage) {
      kept->completion_tokens = facts.usage->completion_tokens;
      kept->cached_tokens = facts.usage->cached_tokens.value_or(0);
    }
  }
}

bool RequestLife::model_known() const {
  const Pools& pools = view_->pools;
  return rewrite_ || pools.models.contains(model_) || pools.adapters.contains(model_) ||
         set_->FindServed(model_) != nullptr;
}

DecisionRecord* RequestLife::record() const { return worker_.records.Find(record_); }

}  // namespace fairway::director
