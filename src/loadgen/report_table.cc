// The report as a person reads it in a terminal.
#include <algorithm>
#include <cstdio>

#include "loadgen/report.h"

namespace fairway::loadgen {
namespace {

constexpr size_t kShownEndpoints = 32;

template <class... Values>
void Append(std::string& out, const char* format, Values... values) {
  char line[256];
  const int size = std::snprintf(line, sizeof line, format, values...);
  if (size > 0) out.append(line, std::min(static_cast<size_t>(size), sizeof line - 1));
}

unsigned long long Count(uint64_t count) { return count; }

void AppendWhat(const LoadReport& report, std::string& out) {
  const LoadOptions& options = report.options;
  if (!options.label.empty()) out += options.label + ": ";
  const std::string name(ArrivalsName(options.arrivals));
  switch (options.arrivals) {
    case Arrivals::kClosed:
      Append(out, "closed loop of %u", options.connections);
      break;
    case Arrivals::kTrace:
      Append(out, "open loop, trace at %gx", options.speed);
      break;
    default:
      Append(out, "open loop, %s %g/s", name.c_str(), options.rate);
  }
  Append(out, ", %s, bodies of %zu bytes, %.1f s\n",
         options.answer == AnswerKind::kStream ? "streams" : "unary", report.request_bytes,
         base::Seconds(report.elapsed));
}

void AppendRequests(const LoadReport& report, std::string& out) {
  Append(out, "requests   %.1f/s: %llu due, %llu ok, %llu failed", report.AnswersPerSecond(),
         Count(report.started), Count(report.ok), Count(report.failed()));
  for (size_t i = 0; i < kFailures; ++i) {
    if (report.failures[i] == 0) continue;
    const std::string name(FailureName(static_cast<Failure>(i)));
    Append(out, ", %s %llu", name.c_str(), Count(report.failures[i]));
  }
  for (const auto& [status, count] : report.statuses) {
    if (status / 100 != 2) Append(out, ", HTTP %d %llu", status, Count(count));
  }
  if (report.reconnects > 0) Append(out, "; %llu reconnects", Count(report.reconnects));
  out += '\n';
  const Objective& objective = report.options.objective;
  if (objective.first_token.count() > 0 || objective.per_token.count() > 0) {
    Append(out, "goodput    %.1f/s: %llu within the objective\n", report.PerSecond(report.good),
           Count(report.good));
  }
}

void AppendTokens(const LoadReport& report, std::string& out) {
  const TokenCounts& tokens = report.tokens;
  if (tokens.answers == 0) return;
  Append(out, "tokens     %.0f/s out, %.0f/s in, %.1f %% of those cached\n",
         report.PerSecond(tokens.completion), report.PerSecond(tokens.prompt),
         100 * report.CachedShare());
}

void AppendTimes(const char* name, const Histogram& times, std::string& out) {
  const auto at = [&times](double share) { return base::Milliseconds(times.Percentile(share)); };
  Append(out, "%-10s %9.2f %9.2f %9.2f %9.2f %9.2f\n", name, base::Milliseconds(times.Mean()),
         at(0.5), at(0.9), at(0.99), base::Milliseconds(times.max()));
}

void AppendServers(const LoadReport& report, std::string& out) {
  uint64_t all = 0;
  for (const auto& [endpoint, count] : report.endpoints) all += count;
  if (all == 0) return;
  out += "servers   ";
  size_t shown = 0;
  for (const auto& [endpoint, count] : report.endpoints) {
    if (++shown > kShownEndpoints) {
      Append(out, " and %zu more", report.endpoints.size() - kShownEndpoints);
      break;
    }
    Append(out, " %s %.1f %%", endpoint.c_str(),
           100 * static_cast<double>(count) / static_cast<double>(all));
  }
  out += '\n';
}

void AppendNotes(const LoadReport& report, std::string& out) {
  if (report.options.left_out > 0) {
    Append(out, "note: %zu requests of the trace were longer than --max-context: left out\n",
           report.options.left_out);
  }
  if (report.waited > 0) {
    Append(out,
           "note: %llu requests waited for one of %u connections (late above, up to %.1f ms); "
           "that wait is in their times\n",
           Count(report.waited), report.options.connections,
           base::Milliseconds(report.lateness.max()));
  }
  if (report.failures[static_cast<size_t>(Failure::kDropped)] > 0) {
    Append(out, "note: more than %u requests waited; those beyond were dropped, never sent\n",
           report.options.max_late);
  }
}

}  // namespace

std::string ToTable(const LoadReport& report) {
  std::string out;
  AppendWhat(report, out);
  AppendRequests(report, out);
  AppendTokens(report, out);
  Append(out, "%-10s %9s %9s %9s %9s %9s\n", "ms", "mean", "p50", "p90", "p99", "max");
  const bool stream = report.options.answer == AnswerKind::kStream;
  AppendTimes(stream ? "TTFT" : "first byte", report.first_byte, out);
  if (stream) AppendTimes("ITL", report.inter_event, out);
  AppendTimes("end to end", report.latency, out);
  if (report.options.open()) AppendTimes("late", report.lateness, out);
  AppendServers(report, out);
  for (const ProcessReport& process : report.processes) {
    Append(out, "%-10s %.1f us of CPU an answer, RSS %.1f MiB\n", process.name.c_str(),
           static_cast<double>(report.CpuPerAnswer(process).count()) * 1e-3,
           static_cast<double>(process.resident_after) / (1024 * 1024));
  }
  AppendNotes(report, out);
  return out;
}

}  // namespace fairway::loadgen
