#include "loadgen/report.h"

#include "json/writer.h"

namespace fairway::loadgen {
namespace {

// Three decimals are enough for milliseconds and microseconds.
double Rounded(double value) {
  return static_cast<double>(static_cast<int64_t>(value * 1000 + 0.5)) / 1000;
}

double Microseconds(base::Duration duration) {
  return static_cast<double>(duration.count()) * 1e-3;
}

void WriteTimes(std::string_view key, const Histogram& times, json::Writer& to) {
  const auto milliseconds = [](base::Duration time) { return Rounded(base::Milliseconds(time)); };
  to.Key(key).BeginObject();
  to.Member("mean", milliseconds(times.Mean()));
  to.Member("p50", milliseconds(times.Percentile(0.5)));
  to.Member("p90", milliseconds(times.Percentile(0.9)));
  to.Member("p99", milliseconds(times.Percentile(0.99)));
  to.Member("p999", milliseconds(times.Percentile(0.999)));
  to.Member("max", milliseconds(times.max()));
  to.EndObject();
}

void WriteOptions(const LoadReport& report, json::Writer& to) {
  const LoadOptions& options = report.options;
  to.Member("label", options.label).Member("arrivals", ArrivalsName(options.arrivals));
  if (options.arrivals == Arrivals::kTrace) {
    to.Member("speed", options.speed);
  } else if (options.open()) {
    to.Member("rate", options.rate);
  }
  to.Member("connections", options.connections);
  to.Member("answer", options.answer == AnswerKind::kStream ? "stream" : "unary");
  to.Member("body_bytes", report.request_bytes).Member("max_tokens", options.max_tokens);
  to.Member("groups", options.groups);
  if (options.prompts == Prompts::kBytes) to.Member("prefix_share", options.prefix_share);
  if (options.prompts == Prompts::kSessions) {
    to.Member("prefix_tokens", options.prefix_tokens);
    to.Member("suffix_tokens", options.suffix_tokens).Member("turns", options.turns);
  }
  to.Member("seed", options.seed);
}

void WriteCounts(const LoadReport& report, json::Writer& to) {
  to.Member("elapsed_s", Rounded(base::Seconds(report.elapsed)));
  to.Member("started", report.started).Member("ok", report.ok);
  to.Member("answered", report.answered).Member("failed", report.failed());
  to.Member("good", report.good).Member("waited", report.waited);
  to.Member("answers_per_s", Rounded(report.AnswersPerSecond()));
  to.Key("failures").BeginObject();
  for (size_t i = 0; i < kFailures; ++i) {
    if (report.failures[i] == 0) continue;
    to.Member(FailureName(static_cast<Failure>(i)), report.failures[i]);
  }
  to.EndObject().Member("reconnects", report.reconnects).Key("statuses").BeginObject();
  for (const auto& [status, count] : report.statuses) to.Member(std::to_string(status), count);
  to.EndObject().Key("endpoints").BeginObject();
  for (const auto& [endpoint, count] : report.endpoints) to.Member(endpoint, count);
  to.EndObject();
  to.Member("answer_bytes", report.body_bytes).Member("events", report.events);
}

void WriteTokens(const LoadReport& report, json::Writer& to) {
  const TokenCounts& tokens = report.tokens;
  to.Key("tokens").BeginObject().Member("answers", tokens.answers);
  to.Member("prompt", tokens.prompt).Member("cached", tokens.cached);
  to.Member("completion", tokens.completion);
  to.Member("cached_share", Rounded(report.CachedShare()));
  to.Member("prompt_per_s", Rounded(report.PerSecond(tokens.prompt)));
  to.Member("completion_per_s", Rounded(report.PerSecond(tokens.completion))).EndObject();
}

void WriteProcesses(const LoadReport& report, json::Writer& to) {
  constexpr double kMega = 1024 * 1024;
  const double elapsed = base::Seconds(report.elapsed);
  double foreign = base::Seconds(report.machine_cpu - report.own_cpu);
  to.Key("processes").BeginObject();
  for (const ProcessReport& process : report.processes) {
    foreign -= base::Seconds(process.cpu);
    to.Key(process.name).BeginObject();
    to.Member("cpu_us_per_answer", Rounded(Microseconds(report.CpuPerAnswer(process))));
    to.Member("cpu_s", Rounded(base::Seconds(process.cpu)));
    to.Member("cores", elapsed > 0 ? Rounded(base::Seconds(process.cpu) / elapsed) : 0);
    to.Member("rss_mb_before", Rounded(static_cast<double>(process.resident_before) / kMega));
    to.Member("rss_mb_after", Rounded(static_cast<double>(process.resident_after) / kMega));
    to.Member("rss_mb_peak", Rounded(static_cast<double>(process.peak_resident) / kMega));
    to.EndObject();
  }
  to.EndObject();
  to.Member("own_cores", elapsed > 0 ? Rounded(base::Seconds(report.own_cpu) / elapsed) : 0);
  // What neither this process nor a watched one used: noise, if it is much.
  to.Member("foreign_cores", elapsed > 0 ? Rounded(foreign / elapsed) : 0);
}

void WriteSeconds(const LoadReport& report, json::Writer& to) {
  to.Key("seconds").BeginArray();
  for (const SecondRow& row : report.seconds) {
    const uint64_t ended = row.ok + row.failed;
    const double mean = ended == 0 ? 0 : base::Milliseconds(row.sum) / static_cast<double>(ended);
    to.BeginObject().Member("started", row.started).Member("ok", row.ok);
    to.Member("failed", row.failed).Member("mean_ms", Rounded(mean));
    to.Member("max_ms", Rounded(base::Milliseconds(row.max))).EndObject();
  }
  to.EndArray();
}

}  // namespace

std::string_view FailureName(Failure failure) {
  switch (failure) {
    case Failure::kConnect:
      return "connect";
    case Failure::kCut:
      return "cut";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kMalformed:
      return "malformed";
    case Failure::kStatus:
      return "status";
    case Failure::kStream:
      return "stream";
    case Failure::kDropped:
      return "dropped";
  }
  return "?";
}

uint64_t LoadReport::failed() const {
  uint64_t sum = 0;
  for (const uint64_t count : failures) sum += count;
  return sum;
}

double LoadReport::AnswersPerSecond() const { return PerSecond(answered); }

double LoadReport::PerSecond(uint64_t count) const {
  return elapsed.count() <= 0 ? 0 : static_cast<double>(count) / base::Seconds(elapsed);
}

double LoadReport::CachedShare() const {
  if (tokens.prompt == 0) return 0;
  return static_cast<double>(tokens.cached) / static_cast<double>(tokens.prompt);
}

base::Duration LoadReport::CpuPerAnswer(const ProcessReport& process) const {
  if (answered == 0) return {};
  return process.cpu / static_cast<int64_t>(answered);
}

std::string ToJson(const LoadReport& report) {
  std::string out;
  json::Writer to(out);
  to.BeginObject();
  WriteOptions(report, to);
  WriteCounts(report, to);
  WriteTokens(report, to);
  WriteTimes("latency_ms", report.latency, to);
  // The first token of a stream comes with its first byte; a unary answer has all of them.
  const bool stream = report.options.answer == AnswerKind::kStream;
  WriteTimes(stream ? "ttft_ms" : "first_byte_ms", report.first_byte, to);
  if (stream) WriteTimes("itl_ms", report.inter_event, to);
  if (report.options.open()) WriteTimes("lateness_ms", report.lateness, to);
  WriteProcesses(report, to);
  WriteSeconds(report, to);
  to.EndObject();
  return out;
}

}  // namespace fairway::loadgen
