#pragma once
// How many cores this process may use: the cgroup's CPU quota (version 2 or 1), which containers
// set and the usual "number of processors" does not know.

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairway::rt {

// Cores from cgroup v2's cpu.max, "200000 100000" -> 2.0. None for "max ..." and for what is
// malformed.
std::optional<double> ParseCpuMax(std::string_view text);

// Cores from cgroup v1's cpu.cfs_quota_us and cpu.cfs_period_us. None for quota -1.
std::optional<double> ParseCfsQuota(std::string_view quota, std::string_view period);

// The quota rounded up, at most the hardware's threads; 1 to 8.
size_t WorkerCountFor(std::optional<double> quota, size_t hardware_threads);

// For this process, from /sys/fs/cgroup and /proc/self/cgroup.
size_t DefaultWorkerCount();

}  // namespace fairway::rt
