#include "apps/load.h"

#include <unistd.h>

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

using base::Result;
using base::Status;
using loadgen::LoadOptions;
using loadgen::LoadReport;

// One line a second, over the one before where it goes to a terminal.
void Tell(const loadgen::Progress& now) {
  const bool terminal = isatty(fileno(stderr)) != 0;
  std::fprintf(
      stderr, "%s%.0f s: %llu sent, %llu ok, %llu failed, %llu in flight, %llu waiting%s",
      terminal ? "\r" : "", base::Seconds(now.elapsed), static_cast<unsigned long long>(now.sent),
      static_cast<unsigned long long>(now.answered), static_cast<unsigned long long>(now.failed),
      static_cast<unsigned long long>(now.in_flight), static_cast<unsigned long long>(now.waiting),
      terminal ? "\x1b[K" : "\n");
}

Result<LoadReport> Measure(LoadOptions options, loadgen::OnProgress on_progress) {
  rt::EpollLoop loop;
  net::TcpNetwork network(loop);
  rt::Gate gate(loop);
  std::optional<Result<LoadReport>> report;
  // A lambda of its own frame: it outlives the task it is.
  auto measure = [&]() -> rt::Task<void> {
    report.emplace(co_await loadgen::Run(network, std::move(options), std::move(on_progress)));
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
  LoadOptions options = TRY(LoadOptionsFrom(flags));
  loadgen::OnProgress on_progress;
  if (!flags.quiet) on_progress = Tell;
  const LoadReport report = TRY(Measure(std::move(options), std::move(on_progress)));
  if (!flags.quiet && isatty(fileno(stderr)) != 0) std::fputs("\r\x1b[K", stderr);
  if (flags.json_file != "-") std::fputs(loadgen::ToTable(report).c_str(), stdout);
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
