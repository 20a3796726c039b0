#include "apps/load.h"

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "loadgen/load.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"

namespace fairway::apps {
namespace {

using base::Duration;
using base::Result;
using base::Status;
using loadgen::LoadOptions;
using loadgen::LoadReport;

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Result<LoadOptions> OptionsFrom(const LoadFlags& flags) {
  LoadOptions options;
  for (const std::string& target : flags.targets)
    options.targets.push_back(TRY(net::ParseAddress(target)));
  options.model = flags.model;
  options.endpoint_field = "x-fairway-endpoint";
  options.arrivals = flags.rate > 0 ? loadgen::Arrivals::kOpen : loadgen::Arrivals::kClosed;
  if (flags.rate > 0) options.rate = flags.rate;
  options.connections = static_cast<uint32_t>(flags.connections);
  options.warmup = FromSeconds(flags.warm_up_seconds);
  options.duration = FromSeconds(flags.seconds);
  options.answer = flags.stream ? loadgen::AnswerKind::kStream : loadgen::AnswerKind::kUnary;
  options.body_bytes = static_cast<uint32_t>(flags.body_bytes);
  options.max_tokens = static_cast<uint32_t>(flags.max_tokens);
  options.groups = static_cast<uint32_t>(flags.groups);
  options.prefix_share = flags.prefix_share;
  if (!flags.processes.empty()) options.watched = TRY(loadgen::ParseWatched(flags.processes));
  TRY_STATUS(loadgen::Check(options));
  return options;
}

Result<LoadReport> Measure(LoadOptions options) {
  rt::EpollLoop loop;
  net::TcpNetwork network(loop);
  rt::Gate gate(loop);
  std::optional<Result<LoadReport>> report;
  // A lambda of its own frame: it outlives the task it is.
  auto measure = [&]() -> rt::Task<void> {
    report.emplace(co_await loadgen::Run(network, std::move(options)));
    loop.Stop();
  };
  rt::Spawn(measure(), gate);
  loop.Run();
  return *std::move(report);
}

Status WriteJson(const std::string& json, const std::string& file) {
  if (file == "-") {
    std::puts(json.c_str());
    return {};
  }
  std::ofstream out(file);
  out << json << '\n';
  out.flush();
  if (!out) return {base::Code::kUnavailable, "cannot write " + file};
  return {};
}

Status RunOnce(const LoadFlags& flags) {
  LoadOptions options = TRY(OptionsFrom(flags));
  const LoadReport report = TRY(Measure(std::move(options)));
  if (flags.json_file != "-") std::puts(loadgen::ToLine(report).c_str());
  if (!flags.json_file.empty()) return WriteJson(loadgen::ToJson(report), flags.json_file);
  return {};
}

}  // namespace

int RunLoad(const LoadFlags& flags) {
  const Status ran = RunOnce(flags);
  if (ran.ok()) return 0;
  std::fprintf(stderr, "fairway load: %s\n", ran.message().c_str());
  return 1;
}

}  // namespace fairway::apps
