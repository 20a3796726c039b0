#include "admin/decision_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace fairway::admin {
namespace {

using director::AttemptRecord;
using director::DecisionRecord;
using sched::DecisionTrace;
using sched::TracedCandidate;

// Of the endpoints of one pool; none of a pool that is gone.
struct Names {
  const data::EndpointTable* table = nullptr;
  std::string_view NameOf(model::EndpointId id) const {
    return table == nullptr ? std::string_view() : table->NameOf(id);
  }
};

Names NamesOf(std::string_view pool, std::span<const data::Pool* const> pools) {
  const auto found = std::ranges::find(pools, pool, &data::Pool::name);
  return {found == pools.end() ? nullptr : &(*found)->table};
}

int64_t Microseconds(base::Duration d) { return d.count() / 1000; }

void WriteLoad(const TracedCandidate& candidate, json::Writer& to) {
  to.Key("load").BeginObject();
  to.Member("waiting", candidate.waiting);
  to.Member("running", candidate.running);
  to.Member("kv_usage", candidate.kv_usage);
  to.Member("in_flight_requests", candidate.in_flight_requests);
  to.Member("in_flight_tokens", candidate.in_flight_tokens);
  to.Member("cached_blocks", candidate.cached_blocks);
  if (candidate.lora != data::LoraState::kUntold)
    to.Member("adapter", data::LoraStateName(candidate.lora));
  to.EndObject();
  // Figures that are stand-ins because the server's own are missing or stale.
  to.Key("unknown").BeginArray();
  if (candidate.unknown & sched::kWaitingUnknown) to.Value("waiting");
  if (candidate.unknown & sched::kRunningUnknown) to.Value("running");
  if (candidate.unknown & sched::kKvUsageUnknown) to.Value("kv_usage");
  to.EndArray();
}

void WriteCandidate(const DecisionTrace& trace, size_t place, const Names& names,
                    json::Writer& to) {
  const TracedCandidate& candidate = trace.candidates[place];
  const std::string_view dropped_by = trace.DroppedByName(candidate);
  to.BeginObject();
  to.Member("endpoint", names.NameOf(candidate.id));
  if (place < trace.ordered) {
    to.Member("order", place + 1);
  } else {
    to.Member("order", nullptr);
  }
  to.Key("filtered_by");
  if (dropped_by.empty()) {
    to.Value(nullptr);
  } else {
    to.Value(dropped_by);
  }
  if (dropped_by.empty()) {
    to.Member("total", candidate.total);
    to.Key("scores").BeginObject();
    for (size_t i = 0; i < trace.scorer_count; ++i) {
      to.Key(trace.scorers[i]->type).BeginObject();
      to.Member("raw", candidate.scores[i]);
      to.Member("weight", trace.weights[i]);
      to.Member("weighted", candidate.scores[i] * trace.weights[i]);
      to.EndObject();
    }
    to.EndObject();
  }
  WriteLoad(candidate, to);
  to.EndObject();
}

void WriteAttempts(const DecisionRecord& record, const Names& names, json::Writer& to) {
  to.Key("attempts").BeginArray();
  const size_t kept = std::min<size_t>(record.attempt_count, DecisionRecord::kMaxAttempts);
  for (size_t i = 0; i < kept; ++i) {
    const AttemptRecord& attempt = record.attempts[i];
    to.BeginObject();
    to.Member("endpoint", names.NameOf(attempt.endpoint));
    to.Member("outcome", attempt.running ? "running" : director::NameOf(attempt.end));
    to.Member("ms", base::Milliseconds(attempt.took));
    to.EndObject();
  }
  to.EndArray();
  to.Member("attempt_count", record.attempt_count);
}

void WriteDecided(const DecisionRecord& record, const Names& names, json::Writer& to) {
  const DecisionTrace& trace = record.trace;
  to.Key("decided").BeginObject();
  to.Member("verdict", sched::VerdictName(trace.verdict));
  to.Key("picked");
  if (trace.ordered > 0) {
    to.Value(names.NameOf(trace.candidates[0].id));
  } else {
    to.Value(nullptr);
  }
  to.Member("all_ejected", trace.all_ejected);
  to.Member("considered", trace.considered);
  to.Member("dropped", trace.dropped);
  to.Member("prompt_blocks", trace.prompt_blocks);
  to.Member("membership_version", trace.set_version);
  to.EndObject();
}

}  // namespace

std::string Timestamp(base::WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(at - day));
  std::array<char, 40> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return std::string(text.data(), static_cast<size_t>(size));
}

void WriteDecision(const DecisionRecord& record, std::span<const data::Pool* const> pools,
                   json::Writer& to) {
  const Names names = NamesOf(record.pool.view(), pools);
  to.BeginObject();
  to.Member("request_id", record.request_id.view());
  to.Member("client", record.client.view());
  to.Member("api", inference::NameOf(record.api));
  to.Member("model", record.model.view());
  to.Member("pool", record.pool.view());
  to.Member("stream", record.stream);
  to.Member("received_at", Timestamp(record.at));
  to.Member("finished", record.finished);
  to.Member("status", record.status);
  to.Member("reason", director::InfoOf(record.reason).name);
  WriteDecided(record, names, to);
  to.Key("candidates").BeginArray();
  for (size_t i = 0; i < record.trace.kept; ++i) WriteCandidate(record.trace, i, names, to);
  to.EndArray();
  WriteAttempts(record, names, to);
  to.Key("tokens").BeginObject();
  to.Member("prompt_estimate", record.prompt_tokens);
  if (record.usage_told) {
    to.Member("completion", record.completion_tokens);
    to.Member("cached", record.cached_tokens);
  }
  to.EndObject();
  to.Key("timings_us").BeginObject();
  to.Member("pick", Microseconds(record.pick));
  to.Member("first_byte", Microseconds(record.first_byte));
  to.Member("total", Microseconds(record.total));
  to.EndObject();
  to.EndObject();
}

}  // namespace fairway::admin
