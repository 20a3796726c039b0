#include "rt/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace fairway::rt {
namespace {

constexpr size_t kMaxDataWorkers = 8;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::optional<double> Positive(std::string_view text) {
  text = Trim(text);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return static_cast<double>(value);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// This process's folder in the unified hierarchy: the line "0::/path". Empty inside most
// containers.
std::string UnifiedFolder() {
  std::istringstream lines(ReadAll("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "";
}

std::optional<double> Quota() {
  const std::string root = "/sys/fs/cgroup";
  if (const auto own = ParseCpuMax(ReadAll(root + UnifiedFolder() + "/cpu.max"))) return own;
  if (const auto whole = ParseCpuMax(ReadAll(root + "/cpu.max"))) return whole;
  return ParseCfsQuota(ReadAll(root + "/cpu/cpu.cfs_quota_us"),
                       ReadAll(root + "/cpu/cpu.cfs_period_us"));
}

}  // namespace

std::optional<double> ParseCpuMax(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return ParseCfsQuota(text.substr(0, space), text.substr(space + 1));
}

std::optional<double> ParseCfsQuota(std::string_view quota, std::string_view period) {
  const std::optional<double> allowed = Positive(quota);
  const std::optional<double> of = Positive(period);
  if (!allowed || !of) return std::nullopt;
  return *allowed / *of;
}

size_t WorkerCountFor(std::optional<double> quota, size_t hardware_threads) {
  size_t count = std::max<size_t>(hardware_threads, 1);
  if (quota) count = static_cast<size_t>(std::ceil(std::min(*quota, static_cast<double>(count))));
  return std::clamp<size_t>(count, 1, kMaxDataWorkers);
}

size_t DefaultWorkerCount() { return WorkerCountFor(Quota(), std::thread::hardware_concurrency()); }

}  // namespace fairway::rt
