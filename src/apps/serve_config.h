#pragma once
// The configuration in effect: the defaults, the file over them, the command line over both; read
// and checked whole. Nothing here touches a running process.

#include <memory>
#include <string>
#include <vector>

#include "apps/serve_settings.h"
#include "base/status.h"
#include "data/learned.h"
#include "rt/files.h"
#include "sched/picker_config.h"
#include "sources/membership.h"

namespace fairway::apps {

inline constexpr size_t kMaxConfigBytes = 4 * 1024 * 1024;
inline constexpr size_t kMaxPools = 64;

// One pool, ready to be run. A value.
struct PoolConfig {
  std::string name;
  std::vector<sources::EndpointEntry> entries;  // unless `file`
  std::string file;
  config::Node picker;  // its EndpointPickerConfig document
};

struct ServeConfig {
  ServeFlags flags;               // in effect; `pools` as they were written
  std::vector<PoolConfig> pools;  // at least one; the first is where unknown models go
  std::vector<std::string> warnings;
};

// Reads the file that `given` names, if any, and everything it refers to. kInvalid with every
// complaint it found, each on a line with file, line and field. Blocks on the disk.
base::Result<ServeConfig> ReadServeConfig(const ServeFlags& given);

// Of the text of a file instead of its name.
base::Result<ServeConfig> ReadServeConfig(const ServeFlags& given, std::string_view text);

// What decides in a pool. `learned` is the pool's.
base::Result<sched::PickerConfig> MakePicker(const PoolConfig& pool, data::Learned& learned);

// The configuration as a document, defaults filled in: what `fairway check` prints.
std::string PrintServeConfig(const ServeConfig& config);

}  // namespace fairway::apps
