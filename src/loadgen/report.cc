#include "loadgen/report.h"

#include <cstdio>

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
  const bool open = options.arrivals == Arrivals::kOpen;
  to.Member("label", options.label).Member("arrivals", open ? "open" : "closed");
  if (open) to.Member("rate", options.rate);
  to.Member("connections", options.connections);
  to.Member("answer", options.answer == AnswerKind::kStream ? "stream" : "unary");
  to.Member("body_bytes", report.request_bytes).Member("max_tokens", options.max_tokens);
  to.Member("groups", options.groups).Member("prefix_share", options.prefix_share);
  to.Member("seed", options.seed);
}

void WriteCounts(const LoadReport& report, json::Writer& to) {
  to.Member("elapsed_s", Rounded(base::Seconds(report.elapsed)));
  to.Member("started", report.started).Member("ok", report.ok);
  to.Member("answered", report.answered).Member("failed", report.failed());
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

double LoadReport::AnswersPerSecond() const {
  if (elapsed.count() <= 0) return 0;
  return static_cast<double>(answered) / base::Seconds(elapsed);
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
  WriteTimes("latency_ms", report.latency, to);
  WriteTimes("first_byte_ms", report.first_byte, to);
  if (report.options.answer == AnswerKind::kStream) {
    WriteTimes("inter_event_ms", report.inter_event, to);
  }
  if (report.options.arrivals == Arrivals::kOpen) WriteTimes("lateness_ms", report.lateness, to);
  WriteProcesses(report, to);
  WriteSeconds(report, to);
  to.EndObject();
  return out;
}

std::string ToLine(const LoadReport& report) {
  const LoadOptions& options = report.options;
  char part[256];
  std::string line = options.label.empty() ? "" : options.label + ": ";
  if (options.arrivals == Arrivals::kOpen) {
    std::snprintf(part, sizeof part, "open %g/s", options.rate);
  } else {
    std::snprintf(part, sizeof part, "closed %u", options.connections);
  }
  line += part;
  std::snprintf(
      part, sizeof part, " %zu B%s: %llu ok, %llu failed, %.1f/s, p50 %.2f ms, p99 %.2f ms",
      report.request_bytes, options.answer == AnswerKind::kStream ? " stream" : "",
      static_cast<unsigned long long>(report.ok), static_cast<unsigned long long>(report.failed()),
      report.AnswersPerSecond(), base::Milliseconds(report.latency.Percentile(0.5)),
      base::Milliseconds(report.latency.Percentile(0.99)));
  line += part;
  for (const ProcessReport& process : report.processes) {
    std::snprintf(part, sizeof part, ", %s %.1f us", process.name.c_str(),
                  Microseconds(report.CpuPerAnswer(process)));
    line += part;
  }
  return line;
}

}  // namespace fairway::loadgen
