#pragma once
// A list of model servers in a file, in the format of the contract's `file-discovery` (YAML or
// JSON):
//
//   endpoints:
//   - name: vllm-0            # must be given; of two entries with one name the last counts
//     namespace: default
//     address: 10.0.0.1       # IPv4; here also IPv6 and host names
//     port: "8000"            # text, as in the contract; a number is taken too
//     labels: {zone: a}
//
// EndpointsFile follows such a file. Invariant: it hands out whole, valid lists alone: a file that
// is missing, empty, half written or wrong is logged and counted, and the last good list stays.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "obs/metrics.h"
#include "rt/files.h"
#include "sources/membership.h"

namespace fairway::sources {

inline constexpr size_t kMaxEndpointsFileBytes = 1024 * 1024;

// kInvalid with file, line and field. `file` is how messages name the text.
base::Result<std::vector<EndpointEntry>> ParseEndpointsFile(std::string_view text,
                                                            const std::string& file);

class EndpointsFile final {
 public:
  using OnList = std::function<void(std::vector<EndpointEntry>)>;

  // Lives on the loop of `files`, which outlives it.
  EndpointsFile(rt::Files& files, std::string path, obs::Registry& registry, OnList on_list);
  EndpointsFile(const EndpointsFile&) = delete;
  EndpointsFile& operator=(const EndpointsFile&) = delete;

  // Reads it now; a failure is the caller's. From then on it is followed.
  base::Status Start();
  const std::string& path() const { return path_; }

 private:
  base::Status Load();
  void Changed();

  rt::Files& files_;
  const std::string path_;
  obs::Counter& refused_;
  const OnList on_list_;
  std::unique_ptr<rt::FileWatch> watch_;
};

}  // namespace fairway::sources
