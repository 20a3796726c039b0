#include "loadgen/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace fairway::loadgen {
namespace {

base::Status NotWatchable(std::string_view what) {
  return {base::Code::kInvalid, "\"" + std::string(what) + "\" is not NAME=PID[+PID...]"};
}

// Takes the text up to `separator` off the front of `rest`.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return taken;
}

base::Result<WatchedProcess> ParseOne(std::string_view text) {
  std::string_view pids = text;
  const std::string_view name = TakeUntil('=', pids);
  if (name.empty() || pids.empty()) return NotWatchable(text);
  WatchedProcess process{std::string(name), {}};
  while (!pids.empty()) {
    const std::string_view digits = TakeUntil('+', pids);
    int pid = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), pid);
    if (error != std::errc() || end != digits.end() || pid <= 0) return NotWatchable(text);
    process.pids.push_back(pid);
  }
  return process;
}

// The kernel's bytes of "VmRSS:     1234 kB".
uint64_t KilobytesOf(const std::string& line) {
  return std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10) * 1024;
}

void AddMemory(const std::string& status_file, ProcessUsage& usage) {
  std::ifstream in(status_file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) usage.resident_bytes += KilobytesOf(line);
    if (line.starts_with("VmHWM:")) usage.peak_resident_bytes += KilobytesOf(line);
  }
}

// schedstat's first number is the thread's time on a CPU in nanoseconds; stat's ticks of 10 ms are
// too coarse for runs of seconds.
void AddThreads(const std::string& task_folder, ProcessUsage& usage) {
  std::error_code error;
  std::filesystem::directory_iterator threads(task_folder, error);
  while (!error && threads != std::filesystem::directory_iterator()) {
    std::ifstream in(threads->path() / "schedstat");
    int64_t nanoseconds = 0;
    const int thread = std::atoi(threads->path().filename().c_str());
    if (in >> nanoseconds) usage.cpu[thread] = base::Duration(nanoseconds);
    threads.increment(error);
  }
}

base::Duration Of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

base::Result<std::vector<WatchedProcess>> ParseWatched(std::string_view text) {
  std::vector<WatchedProcess> all;
  while (!text.empty()) {
    WatchedProcess one = TRY(ParseOne(TakeUntil(',', text)));
    all.push_back(std::move(one));
  }
  return all;
}

ProcessUsage ReadUsage(const WatchedProcess& process, const std::string& proc) {
  ProcessUsage usage;
  for (const int pid : process.pids) {
    const std::string folder = proc + "/" + std::to_string(pid);
    AddThreads(folder + "/task", usage);
    AddMemory(folder + "/status", usage);
  }
  return usage;
}

base::Duration CpuBetween(const ProcessUsage& before, const ProcessUsage& after) {
  base::Duration used{};
  for (const auto& [thread, cpu] : after.cpu) {
    const auto earlier = before.cpu.find(thread);
    used += cpu - (earlier == before.cpu.end() ? base::Duration() : earlier->second);
  }
  return used;
}

base::Duration MachineBusy(const std::string& proc) {
  std::ifstream in(proc + "/stat");
  std::string cpu;
  // user nice system idle iowait irq softirq steal
  int64_t ticks[8] = {};
  in >> cpu;
  for (int64_t& tick : ticks) in >> tick;
  if (!in) return {};
  const int64_t busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  return base::Duration(busy * (1'000'000'000 / sysconf(_SC_CLK_TCK)));
}

base::Duration OwnCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Of(usage.ru_utime) + Of(usage.ru_stime);
}

}  // namespace fairway::loadgen
